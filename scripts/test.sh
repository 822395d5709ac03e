#!/usr/bin/env bash
# Sets up, builds, runs every test; the last lines and the exit code are CTest's.
#   scripts/test.sh [CTest option…]     e.g. scripts/test.sh -R TimeToTarget
# Environment: that of scripts/build.sh. Tests that must not share the machine say so to CTest
# (RUN_SERIAL, RESOURCE_LOCK); the rest run side by side.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash scripts/setup.sh --tests
bash scripts/build.sh

# Where a machine has no namespaces, tests of them are skipped by name, and the rest goes without.
if ! bwrap --unshare-user --unshare-pid --unshare-net --ro-bind / / --proc /proc true 2>/dev/null; then
  echo "test: no namespaces here; trials run with TIMETRIAL_SANDBOX=none" >&2
  export TIMETRIAL_SANDBOX=none
fi
exec ctest --test-dir "${TIMETRIAL_BUILD_DIR:-build}" --output-on-failure --no-tests=error \
  --parallel "${TIMETRIAL_JOBS:-$(nproc)}" "$@"
