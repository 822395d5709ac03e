#include "harness/sweep/target_setting.h"

#include "harness/trial/error.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace timetrial::sweep {
namespace {

constexpr double kNoLimit_s = 1e6;

/// Rounded to four decimals, so that whatever reached the value still does.
double towards_easier(double value, bool higher_is_better) {
  // A value that has four decimals already, but for its binary form, is left where it is.
  const double scaled = value * 1e4, nearest = std::round(scaled);
  if (std::abs(scaled - nearest) < 1e-7) return nearest / 1e4;
  return (higher_is_better ? std::floor(scaled) : std::ceil(scaled)) / 1e4;
}

/// Sorts best first and takes the middle, of an even number the worse one.
template <typename Better>
double worse_median(std::vector<double> values, Better better) {
  std::sort(values.begin(), values.end(), better);
  return values[values.size() / 2];
}

/// A rule set of one workload, as TOML.
std::string one_workload_text(const rulesets::RuleSet& rules,
                              const rulesets::WorkloadRules& terms) {
  const auto& limits = rules.limits;
  std::string text = fmt::format(
      "# {1} of {0} without limits in time.\n"
      "name = \"{0}-untimed\"\n"
      "description = \"Steps end a run, not time\"\n"
      "hardware_profile = \"{2}\"\n"
      "studies = {3}\n"
      "trials = {4}\n"
      "self_tuning_budget_factor = {5}\n\n"
      "[limits]\n"
      "init_s = {6}\n"
      "hang_s = {7}\n"
      "checkpoint_period_s = 600\n"
      "checkpoint_allowance_s = {8}\n"
      "memory_mb = {9}\n\n",
      rules.name, terms.workload, rules.hardware_profile, rules.studies, rules.trials,
      rules.self_tuning_budget_factor, limits.init_s, limits.hang_s, limits.checkpoint_allowance_s,
      limits.memory_mb);
  text += fmt::format(
      "[[workloads]]\n"
      "name = \"{}\"\n"
      "metric = \"{}\"\n"
      "higher_is_better = {}\n"
      "validation_target = {}\n",
      terms.workload, terms.metric, terms.higher_is_better, terms.validation_target);
  // Without a test target, one is left out again.
  if (std::isfinite(terms.test_target))
    text += fmt::format("test_target = {}\n", terms.test_target);
  return text + fmt::format(
                    "budget_s = {}\n"
                    "evaluation_period_s = {}\n"
                    "step_hint = {}\n"
                    "evaluation_batch_size = {}\n",
                    terms.budget_s, terms.evaluation_period_s, terms.step_hint,
                    terms.evaluation_batch_size);
}

}  // namespace

void validate(const TargetProtocol& protocol) {
  const auto require = [](bool holds, const char* field, double value, const char* expected) {
    if (!holds) throw InputError(fmt::format("{} = {}, expected {}", field, value, expected));
  };
  require(!protocol.submissions.empty(), "submissions", 0, "at least one");
  require(protocol.points >= 1, "points", protocol.points, "at least 1");
  require(protocol.seeds >= 1, "seeds", protocol.seeds, "at least 1");
  require(protocol.fraction > 0 && protocol.fraction <= 1, "fraction", protocol.fraction,
          "above 0 and at most 1");
  require(protocol.budget_factor * protocol.fraction >= 1 - 1e-9, "budget factor",
          protocol.budget_factor,
          "at least 1 / fraction, or the budget ends before the step hint does");
}

std::int64_t target_steps(const rulesets::WorkloadRules& rules, const TargetProtocol& protocol) {
  const auto steps = std::floor(static_cast<double>(rules.step_hint) * protocol.fraction + 1e-9);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(steps));
}

std::string target_terms(const rulesets::RuleSet& rules, const std::string& workload,
                         const TargetProtocol& protocol) {
  auto terms = rules.at(workload);
  terms.validation_target = terms.test_target = terms.higher_is_better ? 1e9 : -1e9;
  terms.budget_s = terms.evaluation_period_s = kNoLimit_s;
  terms.step_hint = target_steps(terms, protocol);
  return one_workload_text(rules, terms);
}

std::string untimed_terms(const rulesets::RuleSet& rules, const std::string& workload) {
  auto terms = rules.at(workload);
  terms.budget_s = kNoLimit_s;
  return one_workload_text(rules, terms);
}

std::vector<TargetRun> target_runs(const store::Store& store, std::int64_t sweep) {
  const auto workloads = store.workloads(sweep);
  std::vector<TargetRun> runs;
  for (const auto& row : store.trials(sweep)) {
    if (!row.outcome) throw InputError(to_string(row.trial.key) + ": has not ended yet");
    TargetRun run;
    run.trial = row.trial;
    run.outcome = to_string(row.outcome->kind);
    run.submission_time_s = row.submission_time_s;
    const auto evaluations = store.evaluations(row.trial.id);
    if (row.outcome->kind == OutcomeKind::completed && !evaluations.empty()) {
      const auto record = std::find_if(
          workloads.begin(), workloads.end(),
          [&](const store::WorkloadRecord& w) { return w.name == row.trial.key.workload; });
      const auto& last = evaluations.back();
      const auto value = [&](const char* split) -> std::optional<double> {
        const auto found = last.metrics.find(split + ("/" + record->metric));
        if (found == last.metrics.end() || !std::isfinite(found->second)) return std::nullopt;
        return found->second;
      };
      run.validation = value("validation");
      run.test = value("test");
      for (const auto& task : record->tasks) {
        const auto found = last.metrics.find("validation/" + task.name + "/" + task.metric);
        if (found != last.metrics.end() && std::isfinite(found->second)) {
          run.tasks[task.name] = found->second;
        }
      }
      run.parameter_hash = last.parameter_hash;
    }
    runs.push_back(std::move(run));
  }
  return runs;
}

const TargetRun& best_run(const std::vector<TargetRun>& runs, bool higher_is_better) {
  const TargetRun* best = nullptr;
  for (const auto& run : runs) {
    if (!run.validation) continue;
    if (best == nullptr || (higher_is_better ? *run.validation > *best->validation
                                             : *run.validation < *best->validation)) {
      best = &run;
    }
  }
  if (best == nullptr) {
    throw InputError("no run came to its end with a finite metric; look at their outcomes");
  }
  return *best;
}

Targets derive_targets(const std::vector<TargetRun>& repetitions, bool higher_is_better,
                       const TargetProtocol& protocol) {
  std::vector<double> validations, times;
  for (const auto& run : repetitions) {
    if (!run.validation || !run.test) {
      throw InputError(to_string(run.trial.key) + ": " + run.outcome +
                       "; the best point does not work with every seed, so it sets no target");
    }
    validations.push_back(*run.validation);
    times.push_back(run.submission_time_s);
  }
  if (repetitions.empty()) throw InputError("no repetitions to set a target from");
  const auto better = [&](double a, double b) { return higher_is_better ? a > b : a < b; };
  const double median = worse_median(validations, better);

  Targets targets;
  targets.validation = towards_easier(median, higher_is_better);
  std::optional<double> worst;
  for (const auto& run : repetitions) {
    if (better(median, *run.validation)) continue;
    ++targets.reached;
    if (!worst || better(*worst, *run.test)) worst = run.test;
  }
  targets.test = towards_easier(*worst, higher_is_better);
  targets.median_time_s = worse_median(times, std::less<>());
  targets.budget_s = std::ceil(protocol.budget_factor * targets.median_time_s);
  return targets;
}

std::map<std::string, double> derive_task_targets(const std::vector<TargetRun>& repetitions,
                                                  const std::vector<store::TaskRecord>& tasks) {
  std::map<std::string, double> targets;
  for (const auto& task : tasks) {
    std::vector<double> values;
    for (const auto& run : repetitions) {
      const auto found = run.tasks.find(task.name);
      if (found == run.tasks.end()) {
        throw InputError(to_string(run.trial.key) + ": validation/" + task.name + "/" +
                         task.metric + " was not measured, so the task has no target");
      }
      values.push_back(found->second);
    }
    const auto better = [&](double a, double b) { return task.higher_is_better ? a > b : a < b; };
    targets[task.name] = towards_easier(worse_median(values, better), task.higher_is_better);
  }
  return targets;
}

}  // namespace timetrial::sweep
