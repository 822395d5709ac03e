#include "harness/sweep/plan.h"

#include "harness/manifest/manifest.h"
#include "harness/sweep/entrants.h"
#include "harness/sweep/request_rules.h"
#include "harness/sweep/selection.h"
#include "harness/trial/error.h"
#include "harness/trial/sha256.h"
#include "harness/trial/suggest.h"

#include <timetrial/random.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>

namespace timetrial::sweep {
namespace {

namespace fs = std::filesystem;

/// The workload's tasks with the targets that the rules have for them.
std::vector<store::TaskRecord> tasks_of(const KnownWorkload& workload,
                                        const rulesets::WorkloadRules& terms) {
  auto tasks = workload.tasks;
  std::vector<std::string> names;
  for (auto& task : tasks) {
    names.push_back(task.name);
    const auto target = terms.task_targets.find(task.name);
    if (target != terms.task_targets.end()) task.validation_target = target->second;
  }
  for (const auto& [name, target] : terms.task_targets) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    throw InputError("task_targets of workload '" + workload.name +
                     "': " + unknown_name("task", name, names));
  }
  return tasks;
}

std::vector<store::WorkloadRecord> find_workloads(const Request& request,
                                                  const rulesets::RuleSet& rules,
                                                  const Surroundings& surroundings) {
  std::vector<std::string> scored;
  for (const auto& workload : rules.workloads) scored.push_back(workload.workload);
  for (const auto& name : request.workloads) {
    const auto is_it = [&](const KnownWorkload& w) { return w.name == name; };
    if (rules.contains(name) ||
        std::none_of(surroundings.workloads.begin(), surroundings.workloads.end(), is_it)) {
      continue;
    }
    throw InputError("rule set " + rules.name + " does not score workload '" + name +
                     "'; to train it without a score: --ruleset by-steps --max-steps N");
  }
  std::vector<store::WorkloadRecord> records;
  for (const auto& name : select(request.workloads, "workload of rule set " + rules.name, scored)) {
    const auto known = std::find_if(surroundings.workloads.begin(), surroundings.workloads.end(),
                                    [&](const KnownWorkload& w) { return w.name == name; });
    if (known == surroundings.workloads.end()) {
      throw InputError("workload '" + name + "' of rule set " + rules.name +
                       " is not in this build; see: timetrial workload list");
    }
    const rulesets::WorkloadRules& terms = rules.at(name);
    if (terms.metric != known->metric) {
      throw InputError("rule set " + rules.name + " scores '" + name + "' by " + terms.metric +
                       ", the workload measures " + known->metric);
    }
    const fs::path folder = surroundings.data_dir / known->dataset;
    if (!fs::exists(folder / manifest::kFileName)) {
      if (known->official_data) {
        throw InputError(folder.string() + ": the official data of workload '" + name +
                         "' are not prepared; run: timetrial data prepare " + name + " --from DIR");
      }
      throw InputError(folder.string() + ": the data of workload '" + name +
                       "' is not prepared; run: timetrial data prepare " + name);
    }
    records.push_back({.name = name,
                       .base = known->base,
                       .metric = known->metric,
                       .higher_is_better = known->higher_is_better,
                       .validation_target = terms.validation_target,
                       .test_target = terms.test_target,
                       .budget_s = terms.budget_s,
                       .evaluation_period_s = terms.evaluation_period_s,
                       .step_hint = terms.step_hint,
                       .configuration = known->configuration,
                       .configuration_hash = sha256_hex(known->configuration),
                       .data_hash = manifest::data_hash(manifest::read(folder)),
                       .tasks = tasks_of(*known, terms)});
  }
  return records;
}

/// Of a study's trials, the same on every workload.
std::vector<tuning::Point> points_of(const Entrant& entrant, const Request& request, int study,
                                     int trials) {
  if (request.point) return {*request.point};
  if (!entrant.space) return {tuning::Point{}};
  return tuning::draw(*entrant.space, entrant.record.name, study, trials);
}

/// Trials of one index side by side, so that what disturbs the machine for a while disturbs all
/// submissions alike.
void add_trials(Plan& plan, const std::vector<Entrant>& entrants, const Request& request,
                const rulesets::RuleSet& rules) {
  const bool single = tunes_itself(request) || request.point;
  const int trials = single ? 1 : request.trials.value_or(rules.trials);
  const int studies = request.studies.value_or(rules.studies);
  const double factor = tunes_itself(request) ? rules.self_tuning_budget_factor : 1.0;
  for (int study = 0; study < studies; ++study) {
    const auto study_index = static_cast<std::uint64_t>(study);
    const std::uint64_t study_seed = derive_seed(request.seed, "study", study_index);
    std::vector<std::vector<tuning::Point>> points;  // of each entrant, by trial
    for (const auto& entrant : entrants) {
      points.push_back(points_of(entrant, request, study, trials));
    }
    for (int trial = 0; trial < trials; ++trial) {
      const auto trial_index = static_cast<std::uint64_t>(trial);
      for (const auto& workload : plan.workloads) {
        for (std::size_t i = 0; i < entrants.size(); ++i) {
          const store::SubmissionRecord& submission = entrants[i].record;
          store::Trial row;
          row.key = {submission.name, workload.name, study, trial};
          row.point = points[i].at(trial_index);
          row.seed = derive_seed(study_seed, "trial", trial_index);
          row.budget_s = workload.budget_s * factor;
          row.id = store::trial_id(plan.sweep, submission, workload, row);
          plan.trials.push_back(std::move(row));
        }
      }
    }
  }
}

void check(const Request& request) {
  if (request.studies && *request.studies < 1) throw InputError("--studies: expected at least 1");
  if (request.trials && *request.trials < 1) throw InputError("--trials: expected at least 1");
  if (request.max_steps && *request.max_steps < 1) {
    throw InputError("--max-steps: expected at least 1");
  }
  if (request.name.empty()) throw InputError("a sweep needs a name");
}

std::vector<store::TaskRecord> tasks_from(const nlohmann::json& entry) {
  std::vector<store::TaskRecord> tasks;
  for (const auto& task : entry.at("tasks")) {
    tasks.push_back({task.at("name"), task.at("metric"), task.at("higher_is_better"), {}});
  }
  return tasks;
}

}  // namespace

std::vector<KnownWorkload> parse_described(const std::string& json) {
  try {
    std::vector<KnownWorkload> workloads;
    for (const auto& entry : nlohmann::json::parse(json)) {
      workloads.push_back({.name = entry.at("name"),
                           .base = entry.at("base"),
                           .metric = entry.at("metric"),
                           .dataset = entry.at("dataset"),
                           .configuration = entry.at("configuration"),
                           .higher_is_better = entry.at("higher_is_better"),
                           .official_data = entry.value("data", "packages") == "official",
                           .tasks = tasks_from(entry)});
    }
    return workloads;
  } catch (const nlohmann::json::exception& error) {
    throw InputError(std::string("timetrial-worker describes its workloads in an unknown way (") +
                     error.what() + "); install timetrial and timetrial-worker of one build");
  }
}

Plan make_plan(const Request& request, const Surroundings& surroundings) {
  check(request);
  const rulesets::RuleSet rules = rules_of(request, surroundings);
  const std::vector<Entrant> entrants = find_entrants(request, surroundings.submissions_dir);
  Plan plan;
  plan.sweep.name = request.name;
  plan.sweep.rule_set = rulesets::title(rules);
  plan.sweep.rule_set_hash = rules.hash;
  plan.sweep.rule_set_text = rules.text;
  plan.sweep.tuning = rulesets::to_string(request.tuning);
  plan.sweep.hardware_profile = rules.hardware_profile;
  plan.sweep.hardware_json = surroundings.hardware_json;
  plan.sweep.versions_json = surroundings.versions_json;
  plan.sweep.seed = request.seed;
  plan.sweep.max_steps = request.max_steps;
  plan.sweep.created_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                              std::chrono::system_clock::now().time_since_epoch())
                              .count();
  plan.workloads = find_workloads(request, rules, surroundings);
  for (const auto& entrant : entrants) plan.submissions.push_back(entrant.record);
  add_trials(plan, entrants, request, rules);
  return plan;
}

std::vector<std::int64_t> spread_steps(std::int64_t last, int count) {
  std::vector<std::int64_t> steps;
  for (int i = 1; i <= count; ++i) {
    const std::int64_t step = last * i / count;
    if (step > 0 && (steps.empty() || step > steps.back())) steps.push_back(step);
  }
  return steps;
}

double budget_s(const std::vector<store::Trial>& trials) {
  double total = 0;
  for (const auto& trial : trials) total += trial.budget_s;
  return total;
}

}  // namespace timetrial::sweep
