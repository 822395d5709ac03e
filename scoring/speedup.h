#pragma once
// Geometric mean of a submission's times relative to a baseline's: says something about misses too,
// and does not change when a third one joins. Below 1 is faster.
//
// Source   AlgoPerf's compute_speedups.py: a miss counts as the workload's budget + 1 s; no cap, no
//          held-out gate; no value when a workload has no data. That script takes v0.5's budgets
//          for v0.6 too, and three times them for self-tuning: so do the compat modes.

#include "scoring/options.h"
#include "scoring/results.h"

#include <optional>
#include <vector>

namespace timetrial::scoring {

/// What a miss counts as, per workload of the results, in seconds.
std::vector<double> times_of_a_miss(const Results& results, Mode mode);

/// medians[submission × workload]; over the `scored` workloads. Absent when one of the two has no
/// data (NaN) on one of them, or a time of 0.
std::optional<double> mean_time_ratio(const std::vector<double>& medians, std::size_t workloads,
                                      std::size_t submission, std::size_t baseline,
                                      const std::vector<std::size_t>& scored,
                                      const std::vector<double>& times_of_a_miss);

}  // namespace timetrial::scoring
