#include "harness/study/plan.h"

#include "harness/study/results.h"
#include "harness/sweep/step_rules.h"
#include "harness/trial/error.h"
#include "harness/trial/suggest.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

namespace timetrial::study {
namespace {

namespace fs = std::filesystem;

const sweep::KnownWorkload& find_workload(const std::vector<sweep::KnownWorkload>& known,
                                          const std::string& name) {
  std::vector<std::string> all;
  for (const auto& workload : known) {
    if (workload.name == name) return workload;
    all.push_back(workload.name);
  }
  throw InputError(unknown_name("workload", name, all));
}

/// Rules for one run.
std::string rules_text(const Study& study, const Run& run, const sweep::KnownWorkload& workload) {
  return (study.record_losses ? "conditions = { record_losses = true }\n" : "") +
         sweep::text_of({.name = "study " + study.name,
                         .description = "Runs of a study: steps end a trial, not time",
                         .studies = study.seeds,
                         .trials = run.points.size(),
                         .steps = run.evaluate_at.back(),
                         .workloads = {workload}});
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
    request.evaluators = study.evaluators;
    request.evaluate_examples = study.evaluate_examples;
    request.diagnose = run.diagnose.value_or(study.diagnose);
    request.search_space = space.string();
    plans.push_back(sweep::make_plan(request, surroundings));
  }
  return plans;
}

}  // namespace timetrial::study
