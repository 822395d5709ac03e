#!/usr/bin/env bash
# Builds the project with sanitizers, and runs its tests. CTest's Sanitizers.* are this.
#   scripts/sanitize.sh asan-ubsan|tsan [CTest option…]   what needs no LibTorch
#   scripts/sanitize.sh asan-ubsan-torch [TEST PROGRAM…]  parts that need it, such as workloads_nn_test; without
#                                                         a name those that need no workload
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
  asan-ubsan-torch)
    export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
    export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    export OMP_NUM_THREADS=1
    kinds=address,undefined
    targets=("${@:2}")
    if [ ${#targets[@]} -eq 0 ]; then
      targets=(update_rules_test multitask_rules_test matrix_functions_test curvature_test sdk_test)
    fi
    ;;
  *)
    echo "usage: scripts/sanitize.sh asan-ubsan|tsan [CTest option…], or asan-ubsan-torch [TEST PROGRAM…]" >&2
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
if [ "$preset" = asan-ubsan-torch ]; then
  # Each program in one process, since loading LibTorch takes longer than most tests.
  for program in "${targets[@]}"; do
    echo "sanitize.sh: $program"
    "$build/tests/$program" --gtest_brief=1
  done
  exit
fi
exec ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel "$jobs" \
  ${only[@]+"${only[@]}"} "$@"
