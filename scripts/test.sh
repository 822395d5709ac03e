#!/usr/bin/env bash
# Sets up, builds, runs every test; the last lines and the exit code are CTest's.
#   scripts/test.sh [CTest option…]     e.g. scripts/test.sh -R TimeToTarget
# Environment: that of scripts/build.sh. Tests that must not share the machine say so to CTest
# (RUN_SERIAL, RESOURCE_LOCK); the rest run side by side.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash scripts/setup.sh --tests
bash scripts/build.sh
exec ctest --test-dir "${TIMETRIAL_BUILD_DIR:-build}" --output-on-failure --no-tests=error \
  --parallel "${TIMETRIAL_JOBS:-$(nproc)}" "$@"
