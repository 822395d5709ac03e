#pragma once
// How a rule set's targets and budgets are found: AlgoPerf's published protocol, scaled down.
//
//   tuning   each of several submissions trains on the workload with quasi-random points of its
//            search space, for a fraction of the step hint, over which its schedule ends too
//   seeds    the best of all those runs, by its validation metric at its end, is repeated with
//            other seeds
//   targets  validation: the median of the repetitions; test: the worst test metric among the
//            repetitions that reach it
//   tasks    of a multi-task workload, each task's own: the median of its validation metric
//   budget   a multiple of the median submission time of the repetitions
//
// Runs end at a step, not at a time, and are measured at their end alone, so that the targets do
// not depend on how busy the machine is; the budget does.
//
// Source  Dahl et al. 2023, "Benchmarking Neural Network Training Algorithms", section 4.3 and
//         appendix; there: 4 algorithms, 200 points, 20 seeds, 3/4 of the step hint, and budgets of
//         4/3 of the repetitions' time. There the best validation metric over a run counts, here
//         the last.

#include "harness/rulesets/rule_set.h"
#include "harness/store/store.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::sweep {

struct TargetProtocol {
  std::vector<std::string> submissions = {"adamw", "nadamw", "nesterov", "momentum"};
  int points = 3;  ///< of each submission's search space
  int seeds = 5;
  double fraction = 0.75;    ///< of the step hint, in (0, 1]
  double budget_factor = 2;  ///< budget / median time of the repetitions, at least 1 / fraction
};
/// Throws InputError naming the field, its value and its range.
void validate(const TargetProtocol& protocol);

/// Steps of a target-setting run: the fraction of the hint, rounded down.
std::int64_t target_steps(const rulesets::WorkloadRules& rules, const TargetProtocol& protocol);

/// The terms of the runs as a rule set's TOML text: `rules` with `workload` alone, the step hint
/// scaled, targets that nothing reaches, and neither limit in time nor evaluation before the end.
std::string target_terms(const rulesets::RuleSet& rules, const std::string& workload,
                         const TargetProtocol& protocol);

/// `rules` with `workload` alone and no limit in time, for a run that a number of steps ends: what
/// it reaches does not depend on how busy the machine is.
std::string untimed_terms(const rulesets::RuleSet& rules, const std::string& workload);

/// A finished run at its last step.
struct TargetRun {
  store::Trial trial;
  std::optional<double> validation, test;  ///< absent: it diverged or failed
  std::map<std::string, double> tasks;     ///< validation metrics of single tasks, by their names
  double submission_time_s = 0;
  std::string outcome;
  std::string parameter_hash;
};

/// The runs of a sweep, in planned order. Throws InputError if one has no outcome yet.
std::vector<TargetRun> target_runs(const store::Store& store, std::int64_t sweep);

/// The run with the best validation metric; the first among equals. Throws InputError if none was
/// measured.
const TargetRun& best_run(const std::vector<TargetRun>& runs, bool higher_is_better);

struct Targets {
  double validation = 0, test = 0;
  int reached = 0;           ///< repetitions that reach the validation target
  double median_time_s = 0;  ///< of a repetition
  double budget_s = 0;       ///< rounded up to whole seconds
};

/// From the repetitions, targets rounded to four decimals towards easier. The median of an even
/// number is its worse middle value, a time's its longer one. Throws InputError unless all were
/// measured: what fails with some seeds sets no target.
Targets derive_targets(const std::vector<TargetRun>& repetitions, bool higher_is_better,
                       const TargetProtocol& protocol);

/// For each task, by name, the median of the repetitions, rounded as above. They are medians of
/// their own: no repetition need reach all. Throws InputError naming the task that a repetition did
/// not measure.
std::map<std::string, double> derive_task_targets(const std::vector<TargetRun>& repetitions,
                                                  const std::vector<store::TaskRecord>& tasks);

}  // namespace timetrial::sweep
