#include "scoring/performance_profile.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace timetrial::scoring {
namespace {

double ratio(double time, double best) {
  if (!std::isfinite(time)) return std::numeric_limits<double>::infinity();
  if (time == best) return 1;  // also 0 / 0: a target that the first evaluation meets at once
  return time / best;
}

}  // namespace

RatioMatrix ratios_to_best(const TimeMatrix& times) {
  RatioMatrix ratios = times;
  const std::size_t workloads = times.empty() ? 0 : times.front().size();
  for (std::size_t w = 0; w < workloads; ++w) {
    double best = std::numeric_limits<double>::infinity();
    for (const auto& row : times) best = std::min(best, row[w]);
    for (std::size_t s = 0; s < times.size(); ++s) ratios[s][w] = ratio(times[s][w], best);
  }
  return ratios;
}

std::vector<ProfileStep> profile(const std::vector<double>& ratios, double tau_max) {
  std::vector<double> sorted = ratios;
  std::sort(sorted.begin(), sorted.end());
  std::vector<ProfileStep> steps{{1, 0}};
  for (std::size_t i = 0; i < sorted.size() && sorted[i] <= tau_max; ++i) {
    const double share = static_cast<double>(i + 1) / static_cast<double>(sorted.size());
    if (sorted[i] > steps.back().tau) {
      steps.push_back({sorted[i], share});
    } else {
      steps.back().share = share;  // several workloads at one ratio are one jump
    }
  }
  return steps;
}

double profile_score(const std::vector<double>& ratios, double tau_max) {
  assert(tau_max > 1 && !ratios.empty());
  double sum = 0;
  for (const double r : ratios) {
    if (r < tau_max) sum += (tau_max - r) / (tau_max - 1);
  }
  return sum / static_cast<double>(ratios.size());
}

double geometric_mean_of_finite(const std::vector<double>& ratios) {
  double log_sum = 0;
  int count = 0;
  for (const double r : ratios) {
    if (!std::isfinite(r)) continue;
    log_sum += std::log(r);
    ++count;
  }
  return count == 0 ? std::numeric_limits<double>::infinity() : std::exp(log_sum / count);
}

}  // namespace timetrial::scoring
