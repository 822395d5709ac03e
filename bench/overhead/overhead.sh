#!/usr/bin/env bash
# What the harness costs: the same training loop bare and through worker and referee, interleaved.
#
#   bench/overhead/overhead.sh [BUILD] [WORKLOAD] [SUBMISSION] [STEPS] [PAIRS]
#
# Prints the seconds of each pair, the median, minimum and maximum of harness ÷ bare, and its geometric
# mean with the standard error. The harness's seconds are the scored clock's: they include every snapshot, and no evaluation. Needs prepared data
# (TIMETRIAL_DATA, or the default folder) and a quiet machine.
set -euo pipefail
build=${1:-build}
workload=${2:-fashion_mnist_vit}
submission=${3:-adamw}
steps=${4:-300}
pairs=${5:-9}
threads=$(nproc)
data=${TIMETRIAL_DATA:-${XDG_CACHE_HOME:-$HOME/.cache}/timetrial/data}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Both loops take the same point.
point='{"learning_rate": {"feasible_points": [1e-3]}, "weight_decay": {"feasible_points": [0.01]}}'
echo "$point" >"$work/space.json"

bare() {
  "$build/bench/bare_loop" "$workload" "$data" "$build/submissions/$submission.so" \
    "$work/space.json" "$steps" "$threads"
}
harness() {
  local store="$work/run-$1.db"
  TIMETRIAL_DATA="$data" "$build/bin/timetrial" run "$submission" "$workload" --store "$store" \
    --max-steps "$steps" --threads "$threads" --search-space "$work/space.json" \
    --progress none >/dev/null
  # A trial that reaches its target ends before the last step.
  "$build/bin/timetrial" store query --store "$store" --csv \
    --sql "SELECT submission_time_s * $steps / step FROM outcome" | tail -1
}

bare >/dev/null # both in the page cache
harness warm >/dev/null
echo "pair  bare_s  harness_s  ratio"
for pair in $(seq "$pairs"); do
  if ((pair % 2)); then b=$(bare) h=$(harness "$pair"); else h=$(harness "$pair") b=$(bare); fi
  awk -v p="$pair" -v b="$b" -v h="$h" 'BEGIN { printf "%4d  %.3f  %.3f  %.4f\n", p, b, h, h / b }'
done | tee "$work/pairs"
sort -k4 -n "$work/pairs" | awk '{ r[NR] = $4; l = log($4); sum += l; squares += l * l } END {
  printf "harness / bare: median %.4f, from %.4f to %.4f over %d pairs\n",
         NR % 2 ? r[(NR + 1) / 2] : (r[NR / 2] + r[NR / 2 + 1]) / 2, r[1], r[NR], NR
  mean = sum / NR
  error = NR > 1 ? sqrt((squares - NR * mean * mean) / (NR - 1) / NR) : 0
  printf "geometric mean %.4f, standard error %.4f\n", exp(mean), exp(mean) * error }'
