#pragma once
// Plots of a report as SVG, drawn once for pages and papers alike.
//
//   for (const auto& [name, svg] : plots(report)) write(name + ".svg", svg);
//
// A file holds its own style (light), is as wide as a column and needs nothing beside it. In a page
// the same plot takes the page's style, light or dark, and the page's script shows values and hides
// submissions; nothing is drawn by script. Elements that have something to say hold a title.
//
// Order    submissions by rank, workloads as in the report
// Missing  a time that is infinite or does not count is drawn as a word, never left out

#include "scoring/report_model.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace timetrial::scoring {

inline constexpr double kColumnWidth = 380;

/// Where a plot goes.
struct PlotPlace {
  double width = kColumnWidth;
  bool file = true;         ///< with style and legend of its own; else part of a page
  std::string id = "plot";  ///< unique in its page
};

/// Share of workloads within a factor of the fastest, a step line per submission.
std::string profile_plot(const Report& report, const PlotPlace& place);
/// Score with its interval, and the interval of the rank in words.
std::string interval_plot(const Report& report, const PlotPlace& place);
/// Time to target on one workload: every study a dot, the median a tick with its bracket.
std::string times_plot(const Report& report, std::size_t workload, const PlotPlace& place);
/// Ratio to the fastest of every submission on every scored workload. As wide as it has to be.
std::string heat_map(const Report& report, const PlotPlace& place);

enum class CurveAxis { time, step };
/// Validation metric of every run on one workload.
std::string curve_plot(const Report& report, std::size_t workload, CurveAxis axis,
                       const PlotPlace& place);

/// All plots as files: name without extension, SVG. Without runs there are no learning curves.
std::vector<std::pair<std::string, std::string>> plots(const Report& report);

/// The study that stands for its cell: the one of the median time, of two the faster. -1: none.
int typical_study(const CellTime& cell);

/// At most `limit` points (>= 4) of every curve, in the shape that the eye sees, with all that
/// reach a target first. For pages: Report::curves is most of their size.
/// Source  Steinarsson 2013, "Downsampling Time Series for Visual Representation", largest triangle
///         of three buckets
std::vector<LearningCurve> thinned(const std::vector<LearningCurve>& curves, std::size_t limit);

}  // namespace timetrial::scoring
