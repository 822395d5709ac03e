#!/usr/bin/env bash
# Sets up (scripts/setup.sh), configures and builds.
#   scripts/build.sh [TARGET…]      `programs` is all that users run; without a target, tests and benchmarks too
# Environment: TIMETRIAL_BUILD_DIR (default build/), TIMETRIAL_PRESET (default release, in CI ci),
# TIMETRIAL_JOBS, and those of scripts/setup.sh --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash scripts/setup.sh

# A LibTorch source takes up to 1.5 GB to compile: as many jobs as cores, but no more than fit.
jobs() {
  local by_memory cores
  by_memory=$(awk '/^MemAvailable:/ { print int($2 / 1.5e6) }' /proc/meminfo)
  cores=$(nproc)
  if [ "$by_memory" -lt "$cores" ]; then cores=$by_memory; fi
  if [ "$cores" -lt 1 ]; then cores=1; fi
  echo "$cores"
}

build_dir=${TIMETRIAL_BUILD_DIR:-build}
preset=${TIMETRIAL_PRESET:-${CI:+ci}}
configure=(--preset "${preset:-release}" -B "$build_dir")
if [ -n "${CMAKE_PREFIX_PATH:-}" ]; then
  configure+=("-DCMAKE_PREFIX_PATH=${CMAKE_PREFIX_PATH//:/;}")
fi
cmake "${configure[@]}"
targets=()
if [ $# -gt 0 ]; then
  targets=(--target "$@")
fi
cmake --build "$build_dir" --parallel "${TIMETRIAL_JOBS:-$(jobs)}" "${targets[@]}"
