#pragma once
// What a rerun has in common with the trial it repeats: parameters bit for bit, and the curve.

#include "harness/trial/trial.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::sweep {

struct ComparedEvaluation {
  std::int64_t step = 0;
  bool same_parameters = false;
  double recorded = 0, replayed = 0;           ///< the target's metric on the validation split
  std::vector<std::string> differing_metrics;  ///< of all splits, sorted
};

enum class ReplayVerdict {
  identical,   ///< same parameters and metrics, to the bit
  same_curve,  ///< other parameters, or metrics; the target's metric is within the tolerance
  different,
};
const char* to_string(ReplayVerdict verdict);

struct ReplayComparison {
  std::vector<ComparedEvaluation> evaluations;
  ReplayVerdict verdict = ReplayVerdict::identical;
  double largest_difference = 0;  ///< of the target's metric on the validation split
  /// Where they first differ, in parameters or in any metric.
  std::optional<std::int64_t> differs_at;
  std::string difference;  ///< what differs there, one line
};

/// Compares in order. The replay may be shorter than the record: what is missing differs. NaN is
/// equal to NaN. `metric`: such as "validation/auc". `tolerance`: the largest difference of that
/// metric, in its unit, that still is the same curve.
ReplayComparison compare_replay(const std::vector<Evaluation>& recorded,
                                const std::vector<Evaluation>& replayed, const std::string& metric,
                                double tolerance);

}  // namespace timetrial::sweep
