#include "scoring/plot_scatter.h"

#include "scoring/plot_frame.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace timetrial::scoring {
namespace {

constexpr double kLegendLine = 16;

double placed(double value, const ScatterAxis& axis) {
  return axis.logarithmic ? std::log10(value) : value;
}

bool is_drawn(const ScatterPoint& point, const Scatter& scatter) {
  return std::isfinite(placed(point.x, scatter.x)) && std::isfinite(placed(point.y, scatter.y));
}

struct Range {
  double from = std::numeric_limits<double>::infinity();
  double to = -std::numeric_limits<double>::infinity();
  void add(double value) {
    if (!std::isfinite(value)) return;
    from = std::min(from, value);
    to = std::max(to, value);
  }
  double span() const { return to - from; }
};

/// Where the whiskers of a point end, along an axis. A logarithmic one has no zero: they stop two
/// decades below the point.
Range whiskers(double value, double error, const ScatterAxis& axis) {
  const double low = axis.logarithmic ? std::max(value - error, value * 1e-2) : value - error;
  return {placed(low, axis), placed(value + error, axis)};
}

/// The points' range and their whiskers, as far as these do not flatten the points: they take at
/// most as much again at either side.
Range with_whiskers(const Range& points, const std::vector<Range>& whiskers) {
  Range range = points;
  for (const auto& whisker : whiskers) {
    range.add(points.span() > 0 ? std::max(whisker.from, points.from - points.span())
                                : whisker.from);
    range.add(points.span() > 0 ? std::min(whisker.to, points.to + points.span()) : whisker.to);
  }
  return range;
}

/// With a margin; of nothing, and of one value, something that can be drawn.
Range widened(Range range) {
  if (range.from > range.to) return {0, 1};
  const double margin =
      range.span() > 0 ? 0.05 * range.span() : std::max(0.05 * std::abs(range.to), 1e-3);
  return {range.from - margin, range.to + margin};
}

/// Whole powers of ten; over less than three decades 2 and 5 times these, over less than a third of
/// one round values.
std::vector<double> logarithmic_ticks(const Range& range) {
  const double decades = range.to - range.from;
  std::vector<double> ticks;
  if (decades < 0.34) {
    for (const double value : round_ticks(std::pow(10, range.from), std::pow(10, range.to), 4)) {
      if (value > 0) ticks.push_back(std::log10(value));
    }
    return ticks;
  }
  for (double power = std::floor(range.from); power <= range.to; ++power) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double tick = power + std::log10(factor);
      if (factor > 1 && decades >= 3) continue;
      if (tick >= range.from && tick <= range.to) ticks.push_back(tick);
    }
  }
  return ticks;
}

Axis axis_of(const ScatterAxis& axis, const Range& range) {
  Axis result;
  result.from = range.from, result.to = range.to;
  result.label = axis.label;
  result.logarithmic = axis.logarithmic;
  result.ticks = axis.logarithmic ? logarithmic_ticks(range) : round_ticks(range.from, range.to, 6);
  return result;
}

void draw_whisker(SvgWriter& svg, double x1, double y1, double x2, double y2) {
  svg.leaf("line", {{"class", "leader"}, {"x1", x1}, {"y1", y1}, {"x2", x2}, {"y2", y2}});
}

class Drawing {
 public:
  Drawing(const Scatter& scatter, const Frame& frame, SvgWriter& svg)
      : scatter_(scatter), frame_(frame), svg_(svg) {}

  void draw(const ScatterSeries& series, std::size_t index) {
    svg_.open("g", {{"class", "series " + look_of(index)}});
    if (series.line) draw_line(series);
    for (const auto& point : series.points) {
      if (is_drawn(point, scatter_)) draw_point(point, series);
    }
    svg_.close();
  }

  void draw(const ScatterMark& mark) {
    const double at = placed(mark.at, mark.horizontal ? scatter_.y : scatter_.x);
    const Box& box = frame_.box;
    if (mark.horizontal) {
      const double y = frame_.y(at);
      svg_.leaf("line",
                {{"class", "target"}, {"x1", box.left}, {"x2", box.right}, {"y1", y}, {"y2", y}});
      svg_.text({{"class", "target-label"}, {"x", box.left + 6}, {"y", y - 5}}, mark.label);
    } else {
      const double x = frame_.x(at);
      svg_.leaf("line",
                {{"class", "target"}, {"x1", x}, {"x2", x}, {"y1", box.top}, {"y2", box.bottom}});
      svg_.text({{"class", "target-label"}, {"x", x + 5}, {"y", box.top + 12}}, mark.label);
    }
  }

 private:
  double x(double value) const { return frame_.x(placed(value, scatter_.x)); }
  double y(double value) const { return frame_.y(placed(value, scatter_.y)); }
  /// Pixels of the part that the frame shows.
  static std::pair<double, double> inside(const Range& range, const Scale& scale) {
    return {scale(std::max(range.from, scale.from)), scale(std::min(range.to, scale.to))};
  }

  void draw_line(const ScatterSeries& series) {
    std::string path;
    for (const auto& point : series.points) {
      if (!is_drawn(point, scatter_)) continue;
      path += (path.empty() ? "M" : "L") + coordinate(x(point.x)) + " " + coordinate(y(point.y));
    }
    if (!path.empty()) svg_.leaf("path", {{"class", "line thin"}, {"d", path}});
  }

  void draw_point(const ScatterPoint& point, const ScatterSeries& series) {
    const double at_x = x(point.x), at_y = y(point.y);
    if (point.x_error > 0) {
      const auto [from, to] = inside(whiskers(point.x, point.x_error, scatter_.x), frame_.x);
      draw_whisker(svg_, from, at_y, to, at_y);
    }
    if (point.y_error > 0) {
      const auto [from, to] = inside(whiskers(point.y, point.y_error, scatter_.y), frame_.y);
      draw_whisker(svg_, at_x, from, at_x, to);
    }
    if (series.dots) {
      svg_.leaf("circle", {{"class", "dot"}, {"cx", at_x}, {"cy", at_y}, {"r", 4.0}}, point.title);
    }
  }

  const Scatter& scatter_;
  const Frame& frame_;
  SvgWriter& svg_;
};

/// Names with their colours below the plot, several in a row.
double legend_column(const Scatter& scatter) {
  double widest = 0;
  for (const auto& series : scatter.series) widest = std::max(widest, text_width(series.name));
  return widest + 40;
}

std::size_t legend_columns(const Scatter& scatter) {
  return std::max<std::size_t>(
      1, static_cast<std::size_t>((scatter.width - 20) / legend_column(scatter)));
}

void draw_legend(SvgWriter& svg, const Scatter& scatter, double top) {
  const auto columns = legend_columns(scatter);
  for (std::size_t i = 0; i < scatter.series.size(); ++i) {
    const double x = 14 + static_cast<double>(i % columns) * legend_column(scatter);
    const double y = top + static_cast<double>(i / columns) * kLegendLine;
    svg.open("g", {{"class", "series " + look_of(i)}});
    svg.leaf("circle", {{"class", "dot"}, {"cx", x}, {"cy", y - 4}, {"r", 4.0}});
    svg.text({{"class", "label"}, {"x", x + 10}, {"y", y}}, scatter.series[i].name);
    svg.close();
  }
}

}  // namespace

std::string scatter_plot(const Scatter& scatter) {
  Range x, y;
  std::vector<Range> x_whiskers, y_whiskers;
  std::size_t left_out = 0;
  for (const auto& series : scatter.series) {
    for (const auto& point : series.points) {
      if (!is_drawn(point, scatter)) {
        ++left_out;
        continue;
      }
      x.add(placed(point.x, scatter.x));
      y.add(placed(point.y, scatter.y));
      x_whiskers.push_back(whiskers(point.x, point.x_error, scatter.x));
      y_whiskers.push_back(whiskers(point.y, point.y_error, scatter.y));
    }
  }
  x = with_whiskers(x, x_whiskers);
  y = with_whiskers(y, y_whiskers);
  for (const auto& mark : scatter.marks) {
    (mark.horizontal ? y : x).add(placed(mark.at, mark.horizontal ? scatter.y : scatter.x));
  }
  const auto rows = (scatter.series.size() + legend_columns(scatter) - 1) / legend_columns(scatter);
  const double legend_top = scatter.height + 14;
  std::string description = scatter.description;
  if (left_out > 0) description += fmt::format(" {} points cannot be drawn.", left_out);
  PlotPlace place;
  place.width = scatter.width;
  auto svg = begin_plot(place, legend_top + static_cast<double>(rows) * kLegendLine,
                        {"scatter", scatter.title, description});
  svg.text({{"class", "heading"}, {"x", 10.0}, {"y", 15.0}},
           fitted(scatter.title, scatter.width - 20));
  svg.text({{"x", 10.0}, {"y", 35.0}}, scatter.y.label);
  const Box box{64, 46, scatter.width - 20, scatter.height - 50};
  const Frame frame =
      draw_frame(svg, box, axis_of(scatter.x, widened(x)), axis_of(scatter.y, widened(y)));
  Drawing drawing(scatter, frame, svg);
  for (const auto& mark : scatter.marks) drawing.draw(mark);
  for (std::size_t i = 0; i < scatter.series.size(); ++i) drawing.draw(scatter.series[i], i);
  draw_legend(svg, scatter, legend_top);
  return end_plot(svg);
}

}  // namespace timetrial::scoring
