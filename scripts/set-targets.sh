#!/usr/bin/env bash
# Sets the targets of rule set mini-1 by the procedure of results/mini-1/README.md, and writes the
# evidence there: tuning.csv, seeds.csv, targets.csv. Takes about ten minutes on two cores.
#   scripts/set-targets.sh [OUT]     (default: results/mini-1)
# Needs a build (scripts/build.sh) and prepared data (TIMETRIAL_DATA, or the default folder).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=$(realpath "${1:-results/mini-1}")
timetrial="${TIMETRIAL_BUILD_DIR:-build}/bin/timetrial"
rules=results/mini-1/targets.toml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Half of each step hint (why a quarter for one: README.md there), and whether more is better.
workloads=(fashion_mnist_vit:450:DESC gcide_lm:450:ASC movielens_dlrm:500:DESC)
learning_rates=(1e-3 2e-3 4e-3)

csv() { "$timetrial" store query --store "$1" --csv --sql "$2"; }

space() { echo "[{\"learning_rate\": $1, \"weight_decay\": 0.02, \"warmup_factor\": 0.05}]"; }

train() { # store, sweep, workload, steps, learning rate, studies, seed
  space "$5" >"$work/space.json"
  "$timetrial" sweep start "$2" -s adamw -w "$3" --ruleset "$rules" --store "$1" --max-steps "$4" \
    --search-space "$work/space.json" --studies "$6" --trials 1 --seed "$7"
}

last="JOIN v_trials t USING (trial_id) WHERE e.step = t.max_steps"
columns="e.workload, json_extract(t.point_json, '\$.learning_rate') AS learning_rate, e.step, e.metric"

for entry in "${workloads[@]}"; do
  IFS=: read -r workload steps order <<<"$entry"
  for rate in "${learning_rates[@]}"; do
    train "$work/tuning.db" "$workload $rate" "$workload" "$steps" "$rate" 1 1
  done
  best=$("$timetrial" store query --store "$work/tuning.db" --csv --sql \
    "SELECT json_extract(t.point_json, '\$.learning_rate') FROM v_evaluations e $last
     AND e.workload = '$workload' ORDER BY e.validation $order LIMIT 1" | tail -1 | tr -d '\r')
  # Other seeds than the ones that chose the rate.
  train "$work/seeds.db" "$workload" "$workload" "$steps" "$best" 5 2
done

csv "$work/tuning.db" "SELECT $columns, e.validation, e.test, e.parameter_hash
  FROM v_evaluations e $last ORDER BY 1, 2" >"$out/tuning.csv"
csv "$work/seeds.db" "SELECT $columns, e.study, e.validation, e.test, e.parameter_hash
  FROM v_evaluations e $last ORDER BY 1, e.study" >"$out/seeds.csv"
csv "$work/seeds.db" "SELECT e.workload, e.metric,
  (SELECT validation FROM v_evaluations m JOIN v_trials n USING (trial_id) WHERE m.workload = e.workload
   AND m.step = n.max_steps ORDER BY validation LIMIT 1 OFFSET 2) AS median_validation,
  (SELECT test FROM v_evaluations m JOIN v_trials n USING (trial_id) WHERE m.workload = e.workload
   AND m.step = n.max_steps ORDER BY test LIMIT 1 OFFSET 2) AS median_test
  FROM v_evaluations e $last GROUP BY 1, 2 ORDER BY 1" | tee "$out/targets.csv"
