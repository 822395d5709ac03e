#pragma once
// How a trial is run when it is not run for a score: evaluated at given steps, blind, with
// deterministic algorithms, or with diagnostics. The first line of a rule set's text, so that a
// store explains itself and such trials have a rule set hash, and ids, of their own:
//
//   conditions = { blind = true, evaluate_at = [1, 200, 450], told_times_s = [0.1, 9.5, 21.25] }
//
// `timetrial replay`, `timetrial blind` and `--blind` write that line.

#include "harness/trial/diagnosis.h"

#include <cstdint>
#include <string>
#include <vector>

namespace timetrial::tomlfile {
class Table;
}

namespace timetrial::rulesets {

struct RuleSet;

struct Conditions {
  bool blind = false;          ///< the submission sees anonymous parameters in a permuted order
  bool deterministic = false;  ///< LibTorch's deterministic algorithms, for a GPU
  bool record_losses = false;  ///< the training losses of the steps go to the store
  /// What looks at the model when the trial has ended (docs/evaluators.md); "all" alone: everything
  /// that the workload has.
  std::vector<std::string> evaluators;
  Diagnosis diagnose;  ///< what is measured of the model with each evaluation
  /// Of each held-back split the first so many are evaluated and looked at; 0: all. Only with
  /// evaluate_at, so that no score comes of it.
  std::int64_t evaluate_examples = 0;
  /// Steps after which the trial is evaluated, rising (equal ones: the submission ended training
  /// right after an evaluation). The last one ends it; time, budget and target don't. Empty: by
  /// time, as the rules say.
  std::vector<std::int64_t> evaluate_at;
  /// Steps at which training is held for a checkpoint without an evaluation, rising.
  std::vector<std::int64_t> pause_at;
  /// What the submission is told of the time at each evaluation, seconds; empty: what the clock
  /// shows.
  std::vector<double> told_times_s;

  bool scheduled() const { return !evaluate_at.empty(); }
  /// Equal last steps: the submission ends training right after the first of the two evaluations.
  bool ends_by_itself() const;
  /// All steps at which training is held, rising, each once; with the one after the last where the
  /// submission should have ended by itself.
  std::vector<std::int64_t> snapshot_steps() const;
  bool evaluates(std::int64_t step) const;
};

/// Reads the table `conditions`. Throws InputError, as rule sets do.
Conditions read_conditions(tomlfile::Table table);

/// The rule set with these conditions in place of its own; text and hash are new.
RuleSet with_conditions(const RuleSet& rules, const Conditions& conditions);

/// The rule set's name with its conditions, such as "mini-1, blind".
std::string title(const RuleSet& rules);

}  // namespace timetrial::rulesets
