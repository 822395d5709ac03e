#include "scoring/rank_correlation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <stdexcept>

namespace timetrial::scoring {
namespace {

/// From 1, equal values with the mean of theirs.
std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double shared = static_cast<double>(begin + 1 + end) / 2;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = shared;
  }
  return ranks;
}

/// 0 where one of them is constant.
double pearson(const std::vector<double>& x, const std::vector<double>& y) {
  const auto count = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / count;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / count;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  return xx > 0 && yy > 0 ? std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0) : 0;
}

}  // namespace

RankCorrelation spearman(const std::vector<double>& x, const std::vector<double>& y) {
  const auto is_nan = [](double value) { return std::isnan(value); };
  if (x.size() != y.size() || x.empty() || std::any_of(x.begin(), x.end(), is_nan) ||
      std::any_of(y.begin(), y.end(), is_nan)) {
    throw std::invalid_argument("spearman: expected two lists of one length without NaN");
  }
  RankCorrelation result;
  result.value = pearson(ranks_of(x), ranks_of(y));
  if (x.size() < 4) return result;
  constexpr double kNormal = 1.959964;  // 97.5 % of a normal distribution
  const double r = result.value;
  const double reach = kNormal * std::sqrt((1 + r * r / 2) / (static_cast<double>(x.size()) - 3));
  result.low = std::tanh(std::atanh(r) - reach);
  result.high = std::tanh(std::atanh(r) + reach);
  return result;
}

}  // namespace timetrial::scoring
