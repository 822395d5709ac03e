#include "tests/harness/store/made_import.h"

#include <cmath>
#include <limits>

namespace timetrial::store {
namespace {

ImportedSweep terms_of(const MadeImport& made) {
  ImportedSweep terms;
  terms.sweep.name = made.name;
  terms.sweep.rule_set = "algoperf-x";
  terms.sweep.rule_set_hash = "rules";
  terms.sweep.tuning = "external";
  terms.sweep.hardware_profile = "8xv100";
  terms.sweep.created_ns = 7;
  terms.workloads = {{"up", "", "accuracy", true, 0.9, 0.95, 100, 10, 500, "", "", ""},
                     {"down", "up", "loss", false, 1, 1, 100, 10, 500, "", "", ""}};
  for (const auto& name : made.submissions) terms.submissions.push_back({name, "", "", "", "", ""});
  terms.format = "test";
  terms.planned_studies = 5;
  return terms;
}

}  // namespace

ImportCounts MadeImport::import_into(Store& store) const {
  const auto terms = terms_of(*this);
  return store.import_logs(terms, [&](const auto& add) {
    for (const auto& submission : submissions) {
      for (const auto& workload : terms.workloads) {
        for (int t = 1; t <= trials; ++t) {
          std::vector<double> time, value, test, step_column, zero, nan;
          std::vector<std::int64_t> step;
          for (int row = 0; row < (t == 2 ? 0 : rows); ++row) {
            time.push_back(10.0 * (row + 1));
            step.push_back(100 * row + 1);
            step_column.push_back(static_cast<double>(step.back()));
            value.push_back(0.8 + 0.1 * row + shift);
            test.push_back(row == 1 ? std::nan("") : 0.75);
            zero.push_back(0);
            nan.push_back(std::numeric_limits<double>::quiet_NaN());
          }
          ImportedTrial trial;
          trial.key = {submission, workload.name, 0, t};
          const std::map<std::string, double> point{{"lr", 0.1 * t}};
          trial.point = &point;
          trial.budget_s = workload.budget_s;
          trial.time = time;
          trial.step = step;
          trial.value = value;
          trial.outcome = {OutcomeKind::crashed, "no file", 0, 0};
          if (!time.empty()) {
            trial.outcome = {OutcomeKind::target_reached, "", step.back(), time.back()};
            trial.time_to_target_s = 20;
            trial.best_validation = value.back();
            trial.evaluation_time_s = 5;
            trial.columns = {{"global_step", step_column},
                             {"score", time},
                             {"accumulated_submission_time", time},
                             {"preemption_count", zero},
                             {"train/none", nan},
                             {workload.metric == "loss" ? "test/loss" : "test/accuracy", test},
                             {"test/again", test},
                             {"validation/accuracy", value}};
          }
          trial.hparams = "{\"lr\": 0.1, \"name\": \"x\"}";
          trial.origin = "{\"gpu_count\":8}";
          trial.seed = -5;
          trial.folder = "a/study_0/up_jax/trial_1";
          if (change) change(trial);
          add(trial);
        }
      }
    }
    return remarks;
  });
}

}  // namespace timetrial::store
