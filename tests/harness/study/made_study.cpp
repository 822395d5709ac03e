#include "tests/harness/study/made_study.h"

namespace timetrial::study {

std::string study_text(const std::string& analysis) {
  return R"(name = "made"
title = "A made study"
claim = "Something is true."
source = "Nobody 2026"
differences = ["It is smaller."]
workload = "teacher_two_tasks"
seeds = 3
steps = 1000
evaluations = 4

[analysis]
)" + analysis +
         R"(
[short]
seeds = 1
steps = 10
points = 2

[[runs]]
group = "front"
submission = "scalarize_adamw"
points = [{ task_weight_0 = 0.9, task_weight_1 = 0.1 }, { task_weight_0 = 0.1, task_weight_1 = 0.9 }]
grid = { learning_rate = [1e-3, 1e-2] }
fixed = { warmup_factor = 0.05 }

[[runs]]
group = "planted"
submission = "adamw"
workload = "other"
steps = 4000
evaluations = 1

[[gates]]
name = "no method wins"
statistic = "largest_excess"
at_most = 0.02
precondition = true

[[gates]]
name = "the cheater is seen"
statistic = "planted_excess"
at_least = 0.05
control = true
)";
}

Result made_result(const tuning::Point& point, int seed, std::map<std::string, double> metrics) {
  Result result;
  result.point = point;
  result.seed = seed;
  result.outcome = {OutcomeKind::completed, "", 1000, 1};
  Evaluation evaluation;
  evaluation.step = 1000;
  evaluation.metrics = std::move(metrics);
  result.evaluations = {evaluation};
  return result;
}

}  // namespace timetrial::study
