// Scores as points with their intervals, one row per submission; the interval of the rank in words.
#include "scoring/number_text.h"
#include "scoring/plot_frame.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace timetrial::scoring {
namespace {

std::string rank_text(const LeaderboardRow& row) {
  if (!row.rank_low || !row.rank_high) return fmt::format("{}", row.rank);
  if (*row.rank_low == *row.rank_high) return fmt::format("{}", *row.rank_low);
  return fmt::format("{}–{}", *row.rank_low, *row.rank_high);
}

std::string row_text(const LeaderboardRow& row) {
  const std::string score = fmt::format("{}: score {}", row.submission, score_text(row.score));
  if (!row.low || !row.high) return score;
  return fmt::format("{}, {} to {}, rank {}", score, score_text(*row.low), score_text(*row.high),
                     rank_text(row));
}

/// Where the axis begins: at a fifth below all that is drawn.
double lowest(const Report& report) {
  double low = 0.8;
  for (const auto& row : report.leaderboard) low = std::min(low, row.low.value_or(row.score));
  return std::floor(std::max(low, 0.0) * 5) / 5;
}

void draw_row(SvgWriter& svg, const Scale& x, const LeaderboardRow& row, double width) {
  if (row.low && row.high) {
    svg.leaf("path", {{"class", "whisker"},
                      {"d", fmt::format("M{0} -4V4M{0} 0H{1}M{1} -4V4", coordinate(x(*row.low)),
                                        coordinate(x(*row.high)))}});
  }
  svg.leaf("circle",
           {{"class", "dot"}, {"cx", x(row.score)}, {"cy", 0.0}, {"r", width > 620 ? 4.5 : 3.5}},
           row_text(row));
  svg.text({{"x", width - 62}, {"y", 4.0}, {"text-anchor", "end"}}, score_text(row.score));
  svg.text({{"x", width - 8}, {"y", 4.0}, {"text-anchor", "end"}}, rank_text(row));
}

}  // namespace

std::string interval_plot(const Report& report, const PlotPlace& place) {
  const auto rows = rows_for(report, place, 42, 112, 22);
  auto svg = begin_plot(place, rows.box.bottom + 6,
                        {"intervals", "Scores and their intervals",
                         "Each submission's score as a dot, its 95 % interval as a line, and the "
                         "interval of its rank. Intervals: " +
                             report.interval_status + "."},
                        {rows_attribute(rows)});
  const bool wide = place.width > 620;
  const double from = lowest(report);
  const auto x =
      draw_top_axis(svg, rows.box, {from, 1, round_ticks(from, 1, wide ? 5 : 2), "score", 1, ""});
  svg.text({{"x", place.width - 62}, {"y", 35.0}, {"text-anchor", "end"}}, "score");
  svg.text({{"x", place.width - 8}, {"y", 35.0}, {"text-anchor", "end"}}, "ranks");
  for (std::size_t s = 0; s < report.leaderboard.size(); ++s) {
    open_row(svg, rows, s, report.leaderboard[s].submission);
    draw_row(svg, x, report.leaderboard[s], place.width);
    svg.close();
  }
  return end_plot(svg);
}

}  // namespace timetrial::scoring
