#pragma once
// Spearman's rank correlation: whether one number rises with another, whatever the curve.

#include <vector>

namespace timetrial::scoring {

struct RankCorrelation {
  double value = 0;           ///< in [-1, 1]; 0 where one side is constant
  double low = -1, high = 1;  ///< approximate 95 % interval
};

/// Of the pairs (x[i], y[i]); equal values share the mean of their ranks. The interval is Fisher's,
/// with the variance of ranks; with fewer than four pairs it is [-1, 1]. Throws
/// std::invalid_argument for lists of different lengths, for none and for a value that is NaN.
/// Source  Bonett and Wright 2000, "Sample size requirements for estimating Pearson, Kendall and
///         Spearman correlations", for the variance (1 + r^2 / 2) / (n - 3)
RankCorrelation spearman(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace timetrial::scoring
