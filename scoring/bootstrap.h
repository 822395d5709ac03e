#pragma once
// How much of a score is luck: the studies of each submission on each workload are drawn anew with
// replacement, and everything after them (median, gates, ratios, score, rank) is computed again.
//
// Interval   2.5 % to 97.5 % quantile of the resampled scores and ranks (percentile bootstrap)
// Random     a function of (seed, resample, cell) alone: neither order nor threads matter
// Source     Efron & Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13
//
// Five studies are few for a quantile: an interval from them tends to be too narrow.

#include "scoring/gates.h"
#include "scoring/options.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace timetrial::scoring {

struct Interval {
  double low = 0, high = 0;
};

/// Per submission of the field.
struct Uncertainty {
  std::vector<Interval> score;
  std::vector<Interval> rank;  ///< from 1; equal scores share the better rank
  std::vector<double> first;   ///< probability of rank 1, shared among equals
  double same_order = 0;       ///< probability that all come out in the order of the point scores
};

/// times[cell]: the study times of one cell (row-major, as in Field), infinite where the target was
/// missed; empty: no data. Needs resamples >= 1.
Uncertainty bootstrap(const Field& field, const std::vector<std::vector<double>>& times,
                      const Options& options);

/// The scores of one matrix of medians under the mode's integral: gates, ratios, profile score.
/// 0 for a submission that does not compete.
std::vector<double> field_scores(const Field& field, const std::vector<double>& medians,
                                 const Options& options);

/// Competition ranks: 1 + the number of competing submissions with a higher score. Two scores are
/// equal when they differ by less than rounding (1e-12).
std::vector<int> ranks_of(const Field& field, const std::vector<double>& scores);

}  // namespace timetrial::scoring
