#include "tests/harness/store/plan.h"

#include <algorithm>

namespace timetrial::store {

void Plan::set_ids() {
  for (auto& trial : trials) {
    const auto named = [](const auto& list, const std::string& name) {
      return *std::find_if(list.begin(), list.end(), [&](const auto& r) { return r.name == name; });
    };
    trial.id = trial_id(sweep, named(submissions, trial.key.submission),
                        named(workloads, trial.key.workload), trial);
  }
}

Plan make_plan(int submissions, int trials) {
  Plan plan;
  plan.sweep.name = "sweep";
  plan.sweep.rule_set = "mini-1";
  plan.sweep.rule_set_hash = "rules hash";
  plan.sweep.rule_set_text = "name = \"mini-1\"";
  plan.sweep.tuning = "external";
  plan.sweep.hardware_profile = "cpu-2core";
  plan.sweep.hardware_json = "{}";
  plan.sweep.versions_json = R"({"libtorch": "2.11.0"})";
  plan.sweep.seed = 0xFFFFFFFFFFFFFFFFULL;
  plan.sweep.created_ns = 42;
  plan.workloads = {{"up", "up", "accuracy", true, 0.9, 0.8, 100, 10, 500, "depth = 2", "c0", "d0"},
                    {"down", "down", "loss", false, 1, 1.1, 100, 10, 500, "depth = 3", "c1", "d1"}};
  plan.workloads[1].tasks = {{"left", "loss", false, 0.5}, {"right", "accuracy", true, {}}};
  for (int s = 0; s < submissions; ++s) {
    const auto name = "s" + std::to_string(s);
    plan.submissions.push_back({name, "A. Author", "/lib/" + name + ".so", "l" + name, "[]", "h"});
    for (const auto& workload : plan.workloads) {
      for (int t = 0; t < trials; ++t) {
        Trial trial;
        trial.key = {name, workload.name, 0, t};
        trial.point = {{"lr", 0.1 * (t + 1)}};
        trial.seed = 7;
        trial.budget_s = 100;
        plan.trials.push_back(std::move(trial));
      }
    }
  }
  plan.set_ids();
  return plan;
}

Evaluation evaluation_at(int i, std::map<std::string, double> metrics) {
  Evaluation evaluation;
  evaluation.step = 100 * (i + 1);
  evaluation.submission_time_s = 10.0 * (i + 1);
  evaluation.evaluation_time_s = 0.5 * (i + 1);
  evaluation.checkpoint_time_s = 0.25;
  evaluation.total_time_s = 11.0 * (i + 1);
  evaluation.data_wait_s = 0.125 * (i + 1);
  evaluation.metrics = std::move(metrics);
  evaluation.parameter_hash = std::to_string(i);
  return evaluation;
}

Attempt attempt_of(const std::string& trial_id, int number, std::int64_t started_ns) {
  Attempt attempt;
  attempt.trial_id = trial_id;
  attempt.number = number;
  attempt.started_ns = started_ns;
  attempt.init_time_s = 1.5;
  attempt.host_json = R"({"pid": 1})";
  return attempt;
}

void StoreTest::SetUp() {
  std::string pattern = ::testing::TempDir() + "store.XXXXXX";
  folder_ = ::mkdtemp(pattern.data());
}

void StoreTest::TearDown() { std::filesystem::remove_all(folder_); }

std::vector<std::vector<std::string>> rows_of(const Store& store, const std::string& sql) {
  std::vector<std::vector<std::string>> rows;
  store.query(sql, [&](const auto&, const auto& values) {
    rows.emplace_back();
    for (const auto& value : values) rows.back().push_back(value.value_or("NULL"));
  });
  return rows;
}

}  // namespace timetrial::store
