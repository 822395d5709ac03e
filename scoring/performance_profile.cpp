#include "scoring/performance_profile.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace timetrial::scoring {
namespace {

constexpr int kGridPoints = 100;

}  // namespace

std::vector<ProfileStep> profile(std::span<const double> ratios, double tau_max) {
  std::vector<double> sorted(ratios.begin(), ratios.end());
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

double profile_score(std::span<const double> ratios, double tau_max) {
  assert(tau_max > 1 && !ratios.empty());
  double sum = 0;
  for (const double r : ratios) {
    if (r < tau_max) sum += (tau_max - std::max(r, 1.0)) / (tau_max - 1);
  }
  return sum / static_cast<double>(ratios.size());
}

const std::vector<double>& tau_grid() {
  static const std::vector<double> grid = [] {
    std::vector<double> points;
    constexpr double kStep = (kTauMax - 1) / (kGridPoints - 1);
    for (int i = 0; i < kGridPoints; ++i) points.push_back(1 + i * kStep);
    points.back() = kTauMax;
    return points;
  }();
  return grid;
}

std::vector<double> grid_profile(std::span<const double> ratios) {
  std::vector<double> shares;
  shares.reserve(kGridPoints);
  for (const double tau : tau_grid()) {
    const auto within =
        std::count_if(ratios.begin(), ratios.end(), [tau](double r) { return r <= tau; });
    shares.push_back(static_cast<double>(within) / static_cast<double>(ratios.size()));
  }
  return shares;
}

double grid_score(std::span<const double> ratios) {
  // A ratio adds 1 to every point from its first on: the sum of trapezoids needs no profile.
  const auto& grid = tau_grid();
  constexpr double kStep = (kTauMax - 1) / (kGridPoints - 1);
  double intervals = 0;
  for (const double r : ratios) {
    const auto first = std::lower_bound(grid.begin(), grid.end(), r);
    if (first == grid.end()) continue;
    const auto after = static_cast<double>(grid.end() - first) - 1;
    intervals += first == grid.begin() ? after : after + 0.5;
  }
  return intervals * kStep / (kTauMax - 1) / static_cast<double>(ratios.size());
}

double geometric_mean_of_finite(std::span<const double> ratios) {
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
