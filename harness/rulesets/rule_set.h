#pragma once
// Rule sets as versioned data: studies, trials, budgets, evaluation periods and targets, by name.
// The tables are TOML files beside this header, compiled in; every result names its rule set and
// the hash of its text. Loaded tables are immutable.

#include "harness/rulesets/conditions.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::rulesets {

enum class Tuning { external, self };
const char* to_string(Tuning tuning);
/// Throws InputError for anything but "external" and "self".
Tuning parse_tuning(const std::string& word);

/// A submission and a point with which it reaches a workload's target, found when the target was
/// set. Not a rule: it shows that the target can be reached.
struct Baseline {
  std::string submission;
  std::map<std::string, double> point;  ///< its hyperparameters
};

/// A workload under a rule set. Times in seconds of submission time.
struct WorkloadRules {
  std::string workload;
  /// The scored workload that this is a held-out variant of: it gates its base and is not scored
  /// itself. Empty: a scored workload.
  std::string base;
  std::string metric;  ///< such as "accuracy"; keys in results are "validation/accuracy"
  bool higher_is_better = true;
  double validation_target = 0;
  /// Without one: the infinity that every value reaches.
  double test_target = 0;
  double budget_s = 0;
  double evaluation_period_s = 0;
  std::int64_t step_hint = 0;
  std::int64_t evaluation_batch_size = 256;
  /// Of single tasks, by their names, in units of their metrics: reported, and no part of the time
  /// to target, which goes by `metric` alone.
  std::map<std::string, double> task_targets;
  std::optional<Baseline> baseline;

  /// Whether a metric value reaches a target: at least as good; NaN never does.
  bool reaches(double value, double target) const {
    return higher_is_better ? value >= target : value <= target;
  }
};

/// Limits on a trial outside the scored time. Seconds.
struct Limits {
  double init_s = 120;                ///< from spawn to ready
  double hang_s = 60;                 ///< without a completed step
  double checkpoint_period_s = 10;    ///< at least this much submission time between checkpoints
  double checkpoint_allowance_s = 5;  ///< a checkpoint slower than this counts on the clock
  std::int64_t memory_mb = 8192;      ///< address-space-independent limit on the worker's memory
  std::int64_t scratch_mb = 1024;     ///< the most that a worker's scratch folder holds, in memory
};

struct RuleSet {
  std::string name;  ///< such as "mini-1"
  std::string description;
  std::string hardware_profile;  ///< scores are for this profile
  int studies = 1;
  int trials = 2;  ///< external tuning; self-tuning has one
  double self_tuning_budget_factor = 1.5;
  Limits limits;
  Conditions conditions;                 ///< none: as the rules say
  std::vector<WorkloadRules> workloads;  ///< in order, bases before their held-out variants
  std::string text;                      ///< the TOML table itself
  std::string hash;                      ///< SHA-256 of the table's text, hex

  /// Throws InputError naming the nearest known workload.
  const WorkloadRules& at(const std::string& workload) const;
  bool contains(const std::string& workload) const;
};

/// Names of the compiled-in rule sets, sorted.
std::vector<std::string> names();
/// A compiled-in rule set, or the TOML file at `name` when it ends in ".toml". Throws InputError:
/// unknown name (nearest ones listed), unknown key or wrong type (file:line:column).
RuleSet load(const std::string& name);
/// A table from its text, as a store keeps it; `origin` stands for the file in errors.
RuleSet parse(const std::string& text, const std::string& origin);

}  // namespace timetrial::rulesets
