#!/usr/bin/env bash
# Builds what needs no LibTorch with sanitizers, and runs its tests. CTest's Sanitizers.* are this.
#   scripts/sanitize.sh asan-ubsan|tsan [CTest option…]
# asan-ubsan takes all of it, tsan the tests that start threads (those labelled `threads`): in the rest there is
# one thread, and nothing that it could find.
# Environment: TIMETRIAL_SANITIZED_DIR (where the build folder goes, default the project's), TIMETRIAL_JOBS.
# It compiles with Clang, as GCC takes nearly twice as long over the same code.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in
  asan-ubsan)
    export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
    export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    kinds=address,undefined
    targets=(all) only=()
    ;;
  tsan)
    export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
    kinds=thread
    targets=(sandbox_test store_test) only=(-L threads)
    ;;
  *)
    echo "usage: scripts/sanitize.sh asan-ubsan|tsan [CTest option…]" >&2
    exit 2
    ;;
esac
preset=$1
shift

# need COMMAND PACKAGE: a missing one is named before CMake or a linker complains of something else.
need() {
  if ! command -v "$1" > /dev/null; then
    echo "sanitize.sh: $1 is missing; install the package $2" >&2
    exit 2
  fi
}
need cmake cmake
need ninja ninja-build
need clang++-14 clang-14
if ! clang++-14 -fsanitize="$kinds" -x c++ -o /dev/null - <<< 'int main() {}' 2> /dev/null; then
  echo "sanitize.sh: clang++-14 cannot link -fsanitize=$kinds; install the package libclang-rt-14-dev" >&2
  exit 2
fi

build=${TIMETRIAL_SANITIZED_DIR:-.}/build-$preset
jobs=${TIMETRIAL_JOBS:-$(nproc)}
cmake --preset "$preset" -B "$build"
cmake --build "$build" --parallel "$jobs" --target "${targets[@]}"
exec ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel "$jobs" \
  ${only[@]+"${only[@]}"} "$@"
