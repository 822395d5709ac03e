#!/usr/bin/env bash
# Makes the leaderboards of results/algoperf-v0.5 and results/algoperf-v0.6 from AlgoPerf's logs.
#   scripts/algoperf-leaderboards.sh LOGS [OUT]
#     LOGS  the folder with v05-external.tar.xz and v06-external.tar.xz (or folders of those names)
#     OUT   default: results
# Environment: TIMETRIAL_BUILD_DIR (default build/). The date in them is fixed, so that the same logs
# and the same program give the same bytes.
set -euo pipefail

fail() {
  printf 'algoperf-leaderboards: %s\n' "$*" >&2
  exit 2
}

if [ $# -lt 1 ] || [ $# -gt 2 ]; then fail "expected LOGS [OUT]; see the head of this script"; fi
logs=$(realpath "$1")
out=$(realpath -m "${2:-$(dirname "${BASH_SOURCE[0]}")/../results}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
timetrial="$(realpath "${TIMETRIAL_BUILD_DIR:-build}")/bin/timetrial"
[ -x "$timetrial" ] || fail "$timetrial: not there; run scripts/build.sh"
export SOURCE_DATE_EPOCH=1795392000 # 2026-11-23

source_of() {
  local set
  for set in "$logs/$1" "$logs/$1.tar.xz"; do
    if [ -e "$set" ]; then
      echo "$set"
      return
    fi
  done
  fail "$logs: has neither $1 nor $1.tar.xz"
}

for version in 0.5 0.6; do
  from=$(source_of "v${version/./}-external")
  folder=$out/algoperf-v$version
  mkdir -p "$folder"
  for mode in "compat-v$version" exact; do
    for format in md csv; do
      "$timetrial" leaderboard export --from "$from" --ruleset "algoperf-v$version" --mode "$mode" \
        --out "$folder/$mode.$format"
    done
  done
done
