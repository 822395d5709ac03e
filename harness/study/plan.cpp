#include "harness/study/plan.h"

#include "harness/study/results.h"
#include "harness/trial/error.h"
#include "harness/trial/suggest.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

namespace timetrial::study {
namespace {

namespace fs = std::filesystem;

constexpr double kNoLimit_s = 1e6;

const sweep::KnownWorkload& find_workload(const std::vector<sweep::KnownWorkload>& known,
                                          const std::string& name) {
  std::vector<std::string> all;
  for (const auto& workload : known) {
    if (workload.name == name) return workload;
    all.push_back(workload.name);
  }
  throw InputError(unknown_name("workload", name, all));
}

/// Rules for one run. Its target is one that nothing reaches.
std::string rules_text(const Study& study, const Run& run, const sweep::KnownWorkload& workload) {
  return (study.record_losses ? "conditions = { record_losses = true }\n" : "") +
         fmt::format(
             "name = \"study {0}\"\n"
             "description = \"Runs of a study: steps end a trial, not time\"\n"
             "hardware_profile = \"cpu-2core\"\n"
             "studies = {1}\n"
             "trials = {2}\n"
             "self_tuning_budget_factor = 1\n"
             "[limits]\n"
             "init_s = 120\n"
             "hang_s = 120\n"
             "checkpoint_period_s = 60\n"
             "checkpoint_allowance_s = 60\n"
             "memory_mb = 8192\n\n"
             "[[workloads]]\n"
             "name = \"{3}\"\n"
             "metric = \"{4}\"\n"
             "higher_is_better = {5}\n"
             "validation_target = {6}\n"
             "budget_s = {7}\n"
             "evaluation_period_s = {7}\n"
             "step_hint = {8}\n"
             "evaluation_batch_size = 4096\n",
             study.name, study.seeds, run.points.size(), workload.name, workload.metric,
             workload.higher_is_better, workload.higher_is_better ? 1e9 : -1e9, kNoLimit_s,
             run.evaluate_at.back());
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (!out.flush()) throw std::runtime_error(file.string() + ": cannot be written");
}

}  // namespace

std::vector<sweep::Plan> make_plans(const Study& study, const sweep::Surroundings& surroundings,
                                    std::uint64_t seed, const fs::path& scratch) {
  std::vector<sweep::Plan> plans;
  for (const auto& run : study.runs) {
    const auto rules = scratch / (run.group + ".toml"), space = scratch / (run.group + ".json");
    write(rules, rules_text(study, run, find_workload(surroundings.workloads, run.workload)));
    write(space, nlohmann::json(run.points).dump(1));
    sweep::Request request;
    request.name = sweep_name(study, run);
    request.submissions = {run.submission};
    request.workloads = {run.workload};
    request.rule_set = rules.string();
    request.studies = study.seeds;
    request.trials = static_cast<int>(run.points.size());
    request.seed = seed;
    request.evaluate_at = run.evaluate_at;
    request.diagnose = run.diagnose.value_or(study.diagnose);
    request.search_space = space.string();
    plans.push_back(sweep::make_plan(request, surroundings));
  }
  return plans;
}

}  // namespace timetrial::study
