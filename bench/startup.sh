#!/usr/bin/env bash
# How long the command line takes to start: `timetrial --help`, whole process, milliseconds.
#   bench/startup.sh [BUILD] [RUNS]
set -euo pipefail
timetrial="${1:-build}/bin/timetrial"
runs=${2:-41}
[[ $("$timetrial" --help) == *sweep* ]] # the answer first
for _ in $(seq "$runs"); do
  start=$(date +%s%N)
  "$timetrial" --help >/dev/null
  echo $((($(date +%s%N) - start) / 1000))
done | sort -n | awk '{ t[NR] = $1 / 1000 } END {
  printf "timetrial --help: median %.1f ms, from %.1f to %.1f over %d runs\n", t[int((NR + 1) / 2)], t[1], t[NR], NR }'
