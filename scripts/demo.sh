#!/usr/bin/env bash
# Sets up, builds, then runs the main job: 3 workloads x 3 submissions, a score, a report.
#   scripts/demo.sh [--out DIR]      results go to DIR (default: demo-results)
# Run it again and it goes on where it stopped: finished trials are kept in the store.
# Environment: that of scripts/build.sh, and TIMETRIAL_DATA for the prepared data (default: DIR/data).
set -euo pipefail

fail() {
  printf 'demo: %s\n' "$*" >&2
  exit 2
}

out=demo-results
while [ $# -gt 0 ]; do
  case $1 in
    --out)
      [ $# -ge 2 ] || fail "--out needs a folder"
      out=$2
      shift
      ;;
    -h | --help)
      sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *) fail "unknown option '$1'; see scripts/demo.sh --help" ;;
  esac
  shift
done
mkdir -p "$out"
out=$(realpath "$out")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash scripts/build.sh programs

timetrial="$(realpath "${TIMETRIAL_BUILD_DIR:-build}")/bin/timetrial"
export TIMETRIAL_DATA=${TIMETRIAL_DATA:-$out/data}
store=$out/demo.db
workloads=(fashion_mnist_vit gcide_lm movielens_dlrm)
submissions=(adamw lion schedule_free_adamw)

select_all=()
for name in "${submissions[@]}"; do select_all+=(-s "$name"); done
for name in "${workloads[@]}"; do select_all+=(-w "$name"); done

started=$SECONDS
"$timetrial" data prepare "${workloads[@]}" --data "$TIMETRIAL_DATA" \
  --packages "${TIMETRIAL_PACKAGES:-${TIMETRIAL_DEPS:-$PWD/.deps}/packages}"
# Exit code 3 says that some trials failed; they are in the store with their reasons, and the score counts them.
"$timetrial" sweep start demo "${select_all[@]}" --ruleset mini-1 --studies 1 --trials 1 \
  --store "$store" --data "$TIMETRIAL_DATA" || [ $? = 3 ]
"$timetrial" report --store "$store" --out "$out/report.html"
"$timetrial" score --store "$store"
took=$((SECONDS - started))
printf '\nTook %d min %02d s after set-up and build.\nPage:     %s\nDatabase: %s\n' \
  $((took / 60)) $((took % 60)) "$out/report.html" "$store"
