#pragma once
// How far the ratio of sharpness to threshold falls as batches get smaller, for the analysis
// "curvature" (curvature_analysis.cpp).
//
// Word      minibatch  groups by falling size of their batches, each with one point that has a
//           batch_size; nothing is added without it
// Sharpness is that of the whole data, whatever a step saw; seeds are paired, since those of one
// number begin with the same weights

#include "harness/study/analysis.h"

#include <functional>

namespace timetrial::study {

/// Adds a table, a plot and the statistics
///   minibatch_fall        from a size to the next smaller one: the least of all mean falls, with
///                         the least of all lower and of all upper ends, so that every fall is
///                         above 0 where all of the interval is
///   minibatch_total_fall  from the largest size to the smallest
///   minibatch_chance      between seeds of even and of odd numbers of one size, which differ by
///                         weights and order alone; the largest of all sizes, as above
/// `ratio` is a run's, NaN where it has none; a statistic is left out where a run has none.
void add_minibatches(const Results& results, const std::function<double(const Result&)>& ratio,
                     Findings& findings);

}  // namespace timetrial::study
