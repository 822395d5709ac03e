#pragma once
// What scoring reads: the results of one sweep as plain values, whatever they came from (the store,
// or logs of another harness). Nothing is computed here.
//
//   Results
//     workloads    terms: metric, direction, target, budget
//     submissions  names
//     cells        one per (submission, workload): studies -> trials -> curve
//
// Units    times in seconds of submission time; steps count updates
// Absent   a trial without outcome is not finished; a study with fewer trials than planned, or a
// cell
//          with fewer studies, simply lacks them: time_to_target.h says what that costs
// NaN      allowed as a metric value; it never reaches a target

#include "harness/trial/trial.h"
#include "scoring/shared_point.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::scoring {

/// One evaluation as scoring sees it.
struct CurvePoint {
  double submission_time_s = 0;
  std::int64_t step = 0;
  double value = 0;  ///< the workload's validation metric
  std::int32_t row =
      0;  ///< its place among all evaluations of the trial, from 0; selects in compat
};

struct TrialResult {
  int trial = 0;
  SharedPoint point;               ///< hyperparameters
  std::optional<Outcome> outcome;  ///< absent: not finished
  double submission_time_s = 0;    ///< used so far, for the cost
  double evaluation_time_s = 0;    ///< off the clock, for the cost
  /// Share of the submission time in which training waited for data; absent: not measured.
  std::optional<double> data_wait = {};
  std::vector<CurvePoint> curve;  ///< in order of time; of imported logs: of their rows

  /// Only finished trials count.
  bool finished() const { return outcome.has_value() && is_final(outcome->kind); }
  /// Finished, but not by its training algorithm's doing (crashed, hung, …): a miss.
  bool failed() const { return finished() && !is_regular(outcome->kind); }
};

struct StudyResult {
  int study = 0;
  std::vector<TrialResult> trials;
};

/// All runs of one submission on one workload.
struct Cell {
  std::string submission;
  std::string workload;
  std::vector<StudyResult> studies;
};

struct WorkloadTerms {
  std::string name;
  /// The scored workload that this is a held-out variant of: it takes part in gates, not in the
  /// profile. Empty: a scored workload.
  std::string base;
  std::string metric;  ///< such as "accuracy"
  bool higher_is_better = true;
  double validation_target = 0;
  double budget_s = 0;  ///< of one trial, with the self-tuning factor

  /// Whether a metric value reaches the target: at least as good; NaN never does.
  bool reached_by(double value) const {
    return higher_is_better ? value >= validation_target : value <= validation_target;
  }
};

/// Where results come from and under which terms; a report repeats all of it.
struct Provenance {
  std::string sweep;
  std::string rule_set;
  std::string rule_set_hash;
  std::string tuning;            ///< "external" or "self"
  std::string hardware_profile;  ///< of several, "a + b"
  std::string store_hash;
  std::map<std::string, std::string> versions;
  std::int64_t created_ns = 0;            ///< UTC, when the sweep was planned
  std::optional<std::int64_t> max_steps;  ///< a step limit: times are then not comparable
  /// Kinds of machine that the trials ran on, sorted. More than one: their times say little.
  std::vector<std::string> hardware_profiles = {};
  std::string intended_profile = {};  ///< the rule set's, where trials ran on another; else empty
};

/// A trial that ran while the machine was too noisy, or that a person set aside.
struct QuarantinedTrial {
  TrialKey key;
  std::string reason;
};

struct Results {
  Provenance provenance;
  int planned_studies = 1;  ///< of every cell
  std::vector<std::string> submissions;
  std::vector<WorkloadTerms> workloads;  ///< in the rule set's order
  std::vector<Cell> cells;               ///< at most one per (submission, workload)
  std::vector<std::string> remarks;      ///< such as rows of a log that were passed over
  std::vector<QuarantinedTrial> quarantined = {};
  bool counts_quarantined = false;  ///< they are among the cells; else they are not
};

}  // namespace timetrial::scoring
