#include "scoring/divergence.h"

#include "scoring/rolling_median.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>

namespace timetrial::scoring {
namespace {

/// A standard deviation of a normal distribution in units of its median distance.
constexpr double kPerMedianDistance = 1.4826;

struct Point {
  std::int64_t step = 0;
  double loss = 0;
};

struct Finding {
  DivergenceSign sign = DivergenceSign::none;
  std::int64_t step = 0;
};

struct Excursions {
  std::int64_t count = 0;
  std::int64_t first_step = 0;
};

std::vector<Point> points_of(const std::vector<TrainingLosses>& curve) {
  std::vector<Point> points;
  for (const auto& part : curve) {
    for (std::size_t i = 0; i < part.losses.size(); ++i) {
      points.push_back(
          {part.first_step + static_cast<std::int64_t>(i) * part.stride, part.losses[i]});
    }
  }
  return points;
}

/// What later losses are compared with. Needs a point.
double first_level(const std::vector<Point>& points, const DivergenceRules& rules) {
  RollingMedian median;
  const auto count = std::min(points.size(), static_cast<std::size_t>(rules.first));
  for (std::size_t i = 0; i < count; ++i) median.add(points[i].loss);
  const double start = points.front().loss;
  return start > 0 ? std::min(median.median(), rules.most_start * start) : median.median();
}

/// Where the median of the last losses rose above the level for good.
std::optional<std::int64_t> high_from(const std::vector<Point>& points, double level,
                                      const DivergenceRules& rules) {
  if (static_cast<std::int64_t>(points.size()) < fewest_losses(rules) || level <= 0) return {};
  const auto width = static_cast<std::size_t>(rules.last);
  RollingMedian median;
  std::optional<std::int64_t> since;
  for (std::size_t i = 0; i < points.size(); ++i) {
    median.add(points[i].loss);
    if (median.size() > width) median.remove(points[i - width].loss);
    if (median.size() < width) continue;
    if (median.median() <= rules.rise * level) {
      since.reset();
    } else if (!since) {
      since = points[i].step;
    }
  }
  return since;
}

/// The losses [first, last) around place `i` of `count`.
struct Window {
  std::size_t first = 0, last = 0;
};
Window window_around(std::size_t i, std::size_t count, std::size_t widest) {
  // As far ahead as back; near the end, the last ones.
  const std::size_t half = std::min(widest / 2, i);
  if (i + half < count) return {i - half, i + half + 1};
  return {count - widest, count};
}

Excursions excursions_of(const std::vector<Point>& points, double level,
                         const DivergenceRules& rules) {
  Excursions found;
  const std::size_t count = points.size();
  const std::size_t widest =
      std::min(static_cast<std::size_t>(rules.window), count - (count + 1) % 2);
  RollingMedian around;
  Window window;  // what `around` holds
  std::optional<std::int64_t> out_since;
  for (auto i = static_cast<std::size_t>(rules.first); i < count; ++i) {
    const Window wanted = window_around(i, count, widest);
    while (window.last < wanted.last) around.add(points[window.last++].loss);
    while (window.first < wanted.first) around.remove(points[window.first++].loss);
    const double median = around.median();
    double deviation = kPerMedianDistance * around.median_distance();
    if (deviation == 0) {
      deviation = rules.least_share * std::max(std::abs(median), std::abs(level));
    }
    if (points[i].loss > median + rules.deviations * deviation) {
      if (!out_since) out_since = points[i].step;
    } else if (out_since) {
      if (found.count++ == 0) found.first_step = *out_since;
      out_since.reset();
    }
  }
  return found;
}

/// The earliest sign of a divergence in full. The points are cut to the finite ones before it.
Finding find_full(std::vector<Point>& points, const TrialEnding& ending,
                  const DivergenceRules& rules) {
  std::vector<Finding> signs;
  const auto bad = std::find_if(points.begin(), points.end(),
                                [](const Point& point) { return !std::isfinite(point.loss); });
  if (bad != points.end()) {
    signs.push_back({DivergenceSign::loss_not_finite, bad->step});
    points.erase(bad, points.end());
  }
  if (!points.empty()) {
    // A curve that ends in what is not finite never came down again.
    if (const auto step = high_from(points, first_level(points, rules), rules)) {
      signs.push_back({DivergenceSign::loss_stays_high, *step});
    }
  }
  if (ending.not_finite_at) {
    signs.push_back({DivergenceSign::parameters_not_finite, *ending.not_finite_at});
  }
  if (ending.metric && ending.limit && ending.limit->is_beyond(*ending.metric)) {
    signs.push_back({DivergenceSign::metric_beyond_limit, ending.metric_step});
  }
  const auto earliest =
      std::min_element(signs.begin(), signs.end(),
                       [](const Finding& a, const Finding& b) { return a.step < b.step; });
  if (earliest == signs.end()) return {};
  const auto after = std::find_if(points.begin(), points.end(),
                                  [&](const Point& point) { return point.step > earliest->step; });
  points.erase(after, points.end());
  return *earliest;
}

void require(const DivergenceRules& rules) {
  if (rules.first < 1 || rules.last < 1 || rules.window < 1 || rules.window % 2 == 0) {
    throw std::invalid_argument(
        "rules of divergence: first and last must be at least 1, the window odd");
  }
}

}  // namespace

const char* to_string(DivergenceKind kind) {
  switch (kind) {
    case DivergenceKind::unknown:
      return "unknown";
    case DivergenceKind::none:
      return "none";
    case DivergenceKind::micro:
      return "micro";
    case DivergenceKind::full:
      return "full";
  }
  return "unknown";
}

const char* to_string(DivergenceSign sign) {
  switch (sign) {
    case DivergenceSign::none:
      return "none";
    case DivergenceSign::excursion:
      return "excursion";
    case DivergenceSign::loss_not_finite:
      return "loss_not_finite";
    case DivergenceSign::loss_stays_high:
      return "loss_stays_high";
    case DivergenceSign::parameters_not_finite:
      return "parameters_not_finite";
    case DivergenceSign::metric_beyond_limit:
      return "metric_beyond_limit";
  }
  return "none";
}

Divergence find_divergence(const std::vector<TrainingLosses>& curve, const TrialEnding& ending,
                           const DivergenceRules& rules) {
  require(rules);
  Divergence result;
  for (const auto& part : curve) result.stride = std::max(result.stride, part.stride);
  auto points = points_of(curve);
  result.losses = static_cast<std::int64_t>(points.size());
  const Finding full = find_full(points, ending, rules);
  const bool judged = result.losses >= fewest_losses(rules);
  Excursions excursions;
  if (judged && !points.empty()) {
    excursions = excursions_of(points, first_level(points, rules), rules);
  }
  result.excursions = excursions.count;
  if (full.sign != DivergenceSign::none) {
    result.kind = DivergenceKind::full;
    result.sign = full.sign;
    result.step = full.step;
  } else if (excursions.count > 0) {
    result.kind = DivergenceKind::micro;
    result.sign = DivergenceSign::excursion;
    result.step = excursions.first_step;
  } else if (judged) {
    result.kind = DivergenceKind::none;
  }
  return result;
}

}  // namespace timetrial::scoring
