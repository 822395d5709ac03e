#include "scoring/sharpness.h"

#include "harness/trial/diagnosis.h"

#include <algorithm>
#include <limits>
#include <string>

namespace timetrial::scoring {
namespace {

std::optional<double> diagnosed(const Evaluation& evaluation, const char* name) {
  const auto found = evaluation.recorded.find(std::string(kDiagnosisPrefix) + name);
  if (found == evaluation.recorded.end()) return std::nullopt;
  return found->second;
}

}  // namespace

std::vector<SharpnessPoint> sharpness_of(const std::vector<Evaluation>& evaluations) {
  std::vector<SharpnessPoint> points;
  for (const auto& evaluation : evaluations) {
    const auto raw = diagnosed(evaluation, "raw_sharpness");
    if (!raw) continue;
    points.push_back({.step = evaluation.step,
                      .raw = *raw,
                      .preconditioned = diagnosed(evaluation, "preconditioned_sharpness"),
                      .threshold = diagnosed(evaluation, "sharpness_threshold"),
                      .residual = diagnosed(evaluation, "sharpness_residual")
                                      .value_or(std::numeric_limits<double>::quiet_NaN())});
  }
  return points;
}

std::optional<SharpnessPoint> first_reached(const std::vector<SharpnessPoint>& points) {
  const auto found = std::find_if(points.begin(), points.end(), [](const SharpnessPoint& point) {
    return point.ratio().value_or(0) >= kReachedRatio;
  });
  return found == points.end() ? std::nullopt : std::optional(*found);
}

std::optional<RatioSummary> later_ratios(const std::vector<SharpnessPoint>& points) {
  std::vector<double> ratios;
  for (std::size_t i = points.size() / 2; i < points.size(); ++i) {
    const auto ratio = points[i].ratio();
    if (!ratio) return std::nullopt;
    ratios.push_back(*ratio);
  }
  if (ratios.empty()) return std::nullopt;
  RatioSummary summary{0, ratios.front(), ratios.front()};
  for (const double ratio : ratios) {
    summary.mean += ratio / static_cast<double>(ratios.size());
    summary.least = std::min(summary.least, ratio);
    summary.largest = std::max(summary.largest, ratio);
  }
  return summary;
}

}  // namespace timetrial::scoring
