#pragma once
// Which trials of a sweep diverged (divergence.h), one by one and counted by point.

#include "harness/store/store.h"
#include "scoring/divergence.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::scoring {

struct TrialDivergence {
  TrialKey key;
  std::map<std::string, double> point;
  std::optional<OutcomeKind> outcome;  ///< none: open
  std::optional<double> metric;  ///< the workload's, of the last evaluation on validation data
  Divergence divergence;
};

/// The trials of one submission on one workload with one point.
struct DivergenceCounts {
  std::string submission, workload;
  std::map<std::string, double> point;
  std::map<DivergenceKind, int> trials;
};

struct SweepDivergence {
  std::string sweep;
  std::vector<TrialDivergence> trials;   ///< in planned order
  std::vector<DivergenceCounts> counts;  ///< by submission, workload and point
  std::int64_t recorded = 0;             ///< trials with training losses
};

/// Whether and where a workload's own metric says that a trial has learned nothing.
struct LimitChoice {
  bool usual = true;            ///< usual_limit's, where it has one
  std::optional<double> value;  ///< instead of it, for every workload
};

/// 0.55 for an area under the curve ("auc", "mean_auc", …); none for other metrics.
std::optional<MetricLimit> usual_limit(const std::string& metric, bool higher_is_better);

/// What the store knows of one trial beside its losses. `last`: its last evaluation, if any.
TrialEnding ending_of(const store::TrialRow& row, const store::WorkloadRecord& workload,
                      const Evaluation* last, const LimitChoice& limit);

/// An open trial is unknown, unless a loss was not finite.
SweepDivergence find_divergences(const store::Store& store, const store::Sweep& sweep,
                                 const LimitChoice& limit);

}  // namespace timetrial::scoring
