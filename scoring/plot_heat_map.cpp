// Ratios to the fastest, submission by workload: fuller is closer to it, hatched is no ratio.
#include "scoring/number_text.h"
#include "scoring/plot_frame.h"
#include "scoring/report_tables.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace timetrial::scoring {
namespace {

constexpr double kCellWidth = 54, kCellHeight = 26;
constexpr double kStrongest = 0.72, kWeakest = 0.06;  ///< opacities at 1 and at tau_max

std::vector<std::size_t> scored_columns(const Report& report) {
  std::vector<std::size_t> columns;
  for (std::size_t w = 0; w < report.workloads.size(); ++w) {
    if (report.workloads[w].terms.base.empty()) columns.push_back(w);
  }
  return columns;
}

/// On a scale of logarithms: what matters is how many times slower.
double opacity(double ratio, double tau_max) {
  const double part = std::log(std::max(ratio, 1.0)) / std::log(tau_max);
  return kStrongest + (kWeakest - kStrongest) * std::min(part, 1.0);
}

std::string cell_title(const TimeRow& row) {
  return fmt::format("{} on {}: {}", row.time.submission, row.time.workload, time_cell_text(row));
}

void draw_cell(SvgWriter& svg, double x, const TimeRow& row, const PlotPlace& place,
               double tau_max) {
  const bool counts = std::isfinite(row.ratio);
  SvgWriter::Attributes box = {{"class", counts ? "cell" : "empty"}, {"x", x + 1},
                               {"y", 1 - kCellHeight / 2},           {"width", kCellWidth - 2},
                               {"height", kCellHeight - 2},          {"rx", 2.0}};
  if (counts) {
    box.emplace_back("fill-opacity", fmt::format("{:.3f}", opacity(row.ratio, tau_max)));
  } else {
    box.emplace_back("fill", "url(#" + place.id + "-hatch)");
  }
  svg.leaf("rect", box, cell_title(row));
  svg.text({{"class", counts ? "value" : "value word"},
            {"x", x + kCellWidth / 2},
            {"y", 4.0},
            {"text-anchor", "middle"}},
           counts ? fmt::format("{:.2f}", row.ratio) : short_reason(row));
}

void draw_heads(SvgWriter& svg, const Report& report, const std::vector<std::size_t>& columns,
                const Box& box) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto x = coordinate(box.left + kCellWidth * (static_cast<double>(i) + 0.5));
    const auto y = coordinate(box.top - 8);
    svg.text({{"class", "head"}, {"transform", "translate(" + x + " " + y + ") rotate(-40)"}},
             report.workloads[columns[i]].terms.name);
  }
}

void draw_hatch(SvgWriter& svg, const PlotPlace& place) {
  svg.open("defs", {});
  svg.open("pattern", {{"id", place.id + "-hatch"},
                       {"width", 6.0},
                       {"height", 6.0},
                       {"patternUnits", "userSpaceOnUse"},
                       {"patternTransform", "rotate(45)"}});
  svg.leaf("line", {{"class", "hatch"}, {"y2", 6.0}});
  svg.close();
  svg.close();
}

}  // namespace

std::string heat_map(const Report& report, const PlotPlace& place) {
  const auto columns = scored_columns(report);
  double head = 0;  // names stand at 40 degrees
  for (const auto w : columns) head = std::max(head, text_width(report.workloads[w].terms.name));
  Rows rows;
  rows.height = kCellHeight;
  rows.box = {std::min(widest_name(report), 200.0) + 16, 0.65 * head + 22, 0, 0};
  rows.box.right = rows.box.left + kCellWidth * static_cast<double>(columns.size());
  rows.box.bottom = bottom_of(rows, report.leaderboard.size());
  PlotPlace own = place;
  own.width = rows.box.right + std::max(8.0, 0.77 * head - kCellWidth / 2 + 8);
  auto svg =
      begin_plot(own, rows.box.bottom + 6,
                 {"heat", "Ratios to the fastest",
                  "For each submission and scored workload how many times slower than the "
                  "fastest it is; a fuller colour is closer to it. A hatched cell has no ratio and "
                  "says why. The same numbers are in the table of times to target."},
                 {rows_attribute(rows)});
  draw_hatch(svg, place);
  draw_heads(svg, report, columns, rows.box);
  for (std::size_t s = 0; s < report.leaderboard.size(); ++s) {
    open_row(svg, rows, s, report.leaderboard[s].submission);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      draw_cell(svg, rows.box.left + kCellWidth * static_cast<double>(i),
                report.times[s * report.workloads.size() + columns[i]], place,
                report.options.tau_max);
    }
    svg.close();
  }
  return end_plot(svg);
}

}  // namespace timetrial::scoring
