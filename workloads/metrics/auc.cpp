#include "workloads/metrics/auc.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace timetrial::metrics {

double auc(std::span<const float> scores, std::span<const std::uint8_t> positive) {
  if (scores.size() != positive.size()) {
    throw std::invalid_argument("auc: " + std::to_string(scores.size()) + " scores, but " +
                                std::to_string(positive.size()) + " labels");
  }
  constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
  if (std::any_of(scores.begin(), scores.end(), [](float s) { return std::isnan(s); })) {
    return kUndefined;
  }
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });

  // Pairs (positive, negative) in the right order, group by group of equal scores.
  double won = 0, positives = 0, negatives = 0;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    double tied_positives = 0, tied_negatives = 0;
    for (end = begin; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end) {
      (positive[order[end]] != 0 ? tied_positives : tied_negatives) += 1;
    }
    won += tied_positives * (negatives + tied_negatives / 2);
    positives += tied_positives;
    negatives += tied_negatives;
  }
  return positives == 0 || negatives == 0 ? kUndefined : won / (positives * negatives);
}

}  // namespace timetrial::metrics
