#include "workloads/metrics/average_precision.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace timetrial::metrics {

double average_precision(std::span<const float> scores, std::span<const std::uint8_t> positive) {
  if (scores.size() != positive.size()) {
    throw std::invalid_argument("average precision: " + std::to_string(scores.size()) +
                                " scores, but " + std::to_string(positive.size()) + " labels");
  }
  if (scores.empty() ||
      std::any_of(scores.begin(), scores.end(), [](float s) { return std::isnan(s); })) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  const auto total = static_cast<double>(
      std::count_if(positive.begin(), positive.end(), [](std::uint8_t p) { return p != 0; }));
  if (total == 0) return 0;
  double result = 0, found = 0;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    double tied = 0;
    for (end = begin; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end) {
      tied += positive[order[end]] != 0;
    }
    found += tied;
    result += tied / total * (found / static_cast<double>(end));
  }
  return result;
}

}  // namespace timetrial::metrics
