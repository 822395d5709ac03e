// Time to target on one workload: a row per submission, every study a dot, the median a tick with
// the bracket that it lies in. What missed stands as a word at the right.
#include "scoring/number_text.h"
#include "scoring/plot_frame.h"
#include "scoring/report_tables.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace timetrial::scoring {
namespace {

constexpr double kLane = 74;  ///< for words at the right

/// The latest time drawn; the budget when there is none.
double longest(const Report& report, std::size_t workload) {
  double last = 0;
  for (std::size_t i = workload; i < report.times.size(); i += report.workloads.size()) {
    for (const auto& study : report.times[i].time.studies) {
      if (study.best.reached()) last = std::max(last, study.best.time_s);
    }
  }
  return last > 0 ? last : report.workloads[workload].terms.budget_s;
}

/// What the row says beside its dots: nothing when every study reached a target that counts.
std::string word_for(const TimeRow& row) {
  const auto missed = std::count_if(row.time.studies.begin(), row.time.studies.end(),
                                    [](const StudyTime& s) { return !s.best.reached(); });
  if (row.counted.excluded != Exclusion::none && std::isfinite(row.time.median_s)) {
    return row.counted.excluded == Exclusion::beyond_cap ? "too slow" : "gated";
  }
  if (missed == 0) return "";
  if (missed < static_cast<std::ptrdiff_t>(row.time.studies.size())) {
    return fmt::format("{}/{} missed", missed, row.time.studies.size());
  }
  return short_reason(row);
}

void draw_times(SvgWriter& svg, const Rows& rows, const Scale& x, const TimeRow& row) {
  svg.leaf("line", {{"class", "grid"}, {"x1", rows.box.left}, {"x2", rows.box.right}});
  const bool median = std::isfinite(row.time.median_s);
  if (median) {
    const double low = x(row.time.bracket_low_s), high = x(row.time.median_s);
    svg.leaf(
        "rect",
        {{"class", "bracket"}, {"x", low}, {"y", -4.0}, {"width", high - low}, {"height", 8.0}});
  }
  for (const auto& study : row.time.studies) {
    if (!study.best.reached()) continue;
    svg.leaf("circle", {{"class", "dot"}, {"cx", x(study.best.time_s)}, {"cy", 0.0}, {"r", 3.2}},
             fmt::format("{}, study {}: {}, last miss at {}", row.time.submission, study.study,
                         seconds_text(study.best.time_s), seconds_text(study.best.last_miss_s)));
  }
  if (median) {
    const double at = x(row.time.median_s);
    svg.leaf("line", {{"class", "median"}, {"x1", at}, {"x2", at}, {"y1", -7.0}, {"y2", 7.0}},
             fmt::format("{}: median {}", row.time.submission, time_cell_text(row)));
  }
  const auto word = word_for(row);
  if (!word.empty()) svg.text({{"class", "word"}, {"x", rows.box.right + 8}, {"y", 4.0}}, word);
}

}  // namespace

std::string times_plot(const Report& report, std::size_t workload, const PlotPlace& place) {
  const auto& terms = report.workloads[workload].terms;
  const auto rows = rows_for(report, place, place.file ? 62 : 42, kLane);
  auto svg = begin_plot(
      place, rows.box.bottom + 6,
      {"times", "Time to target of " + terms.name,
       "Each dot is the time of one study, the tick their median, the band the evaluations that "
       "it lies between. A submission that missed the target says so at the right."},
      {rows_attribute(rows)});
  draw_heading(svg, place, terms.name);
  const auto axis = time_axis(1.03 * longest(report, workload), 3);
  const auto x = draw_top_axis(svg, rows.box, axis);
  for (std::size_t s = 0; s < report.leaderboard.size(); ++s) {
    open_row(svg, rows, s, report.leaderboard[s].submission);
    draw_times(svg, rows, x, report.times[s * report.workloads.size() + workload]);
    svg.close();
  }
  return end_plot(svg);
}

}  // namespace timetrial::scoring
