// Largest triangle of three buckets: of each bucket of points the one is kept that spans the
// largest triangle with the point kept before it and the middle of the next bucket.
#include "scoring/plots.h"

#include <algorithm>
#include <cmath>

namespace timetrial::scoring {
namespace {

struct Middle {
  double time = 0, value = 0;
};

Middle middle_of(const std::vector<CurvePoint>& points, std::size_t from, std::size_t to) {
  Middle middle;
  for (std::size_t i = from; i < to; ++i) {
    middle.time += points[i].submission_time_s / static_cast<double>(to - from);
    middle.value += points[i].value / static_cast<double>(to - from);
  }
  return middle;
}

double triangle(const CurvePoint& before, const CurvePoint& point, const Middle& after) {
  return std::abs((before.submission_time_s - after.time) * (point.value - before.value) -
                  (before.submission_time_s - point.submission_time_s) *
                      (after.value - before.value));
}

bool all_finite(const std::vector<CurvePoint>& points) {
  return std::all_of(points.begin(), points.end(),
                     [](const CurvePoint& point) { return std::isfinite(point.value); });
}

/// The same number of points from every part; for curves with values that span no triangle.
std::vector<std::size_t> evenly(std::size_t size, std::size_t limit) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < limit; ++i) kept.push_back(i * (size - 1) / (limit - 1));
  return kept;
}

std::vector<std::size_t> by_triangles(const std::vector<CurvePoint>& points, std::size_t limit) {
  const std::size_t inner = points.size() - 2, buckets = limit - 2;
  const auto start = [&](std::size_t bucket) { return 1 + bucket * inner / buckets; };
  std::vector<std::size_t> kept = {0};
  for (std::size_t b = 0; b < buckets; ++b) {
    const auto after = b + 1 < buckets ? middle_of(points, start(b + 1), start(b + 2))
                                       : middle_of(points, points.size() - 1, points.size());
    std::size_t best = start(b);
    for (std::size_t i = start(b); i < start(b + 1); ++i) {
      const auto& before = points[kept.back()];
      if (triangle(before, points[i], after) > triangle(before, points[best], after)) best = i;
    }
    kept.push_back(best);
  }
  kept.push_back(points.size() - 1);
  return kept;
}

LearningCurve thinned(const LearningCurve& curve, std::size_t limit) {
  if (curve.points.size() <= limit) return curve;
  auto kept = all_finite(curve.points) ? by_triangles(curve.points, limit - 1)
                                       : evenly(curve.points.size(), limit - 1);
  for (std::size_t i = 0; i < curve.points.size(); ++i) {  // a ring is drawn at the first hit
    if (curve.target.reached() && curve.points[i].submission_time_s >= curve.target.time_s) {
      kept.push_back(i);
      break;
    }
  }
  std::sort(kept.begin(), kept.end());
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  LearningCurve result = curve;
  result.points.clear();
  for (const auto i : kept) result.points.push_back(curve.points[i]);
  return result;
}

}  // namespace

std::vector<LearningCurve> thinned(const std::vector<LearningCurve>& curves, std::size_t limit) {
  std::vector<LearningCurve> result;
  result.reserve(curves.size());
  for (const auto& curve : curves) result.push_back(thinned(curve, limit));
  return result;
}

}  // namespace timetrial::scoring
