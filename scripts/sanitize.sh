#!/usr/bin/env bash
# Builds all that needs no LibTorch with sanitizers, and runs its tests.
#   scripts/sanitize.sh asan-ubsan|tsan [CTest option…]
# Environment: TIMETRIAL_SANITIZED_DIR (where the build folder goes, default the project's), TIMETRIAL_JOBS.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in
  asan-ubsan)
    export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
    export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    ;;
  tsan) export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 ;;
  *)
    echo "usage: scripts/sanitize.sh asan-ubsan|tsan [CTest option…]" >&2
    exit 2
    ;;
esac
preset=$1
shift
build=${TIMETRIAL_SANITIZED_DIR:-.}/build-$preset
jobs=${TIMETRIAL_JOBS:-$(nproc)}
cmake --preset "$preset" -B "$build"
cmake --build "$build" --parallel "$jobs"
exec ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel "$jobs" "$@"
