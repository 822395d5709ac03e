// Performance profiles: a step line per submission, a marker at each jump, names at the ends.
#include "scoring/plot_frame.h"

#include <fmt/core.h>

#include <algorithm>

namespace timetrial::scoring {
namespace {

constexpr double kLabelHeight = 14;

struct LineEnd {
  std::size_t submission;
  double line, label;  ///< y
};

/// Lines that coincide lie a hair apart, the better rank above.
double hair(std::size_t submission, std::size_t count) {
  const auto middle = (static_cast<double>(count) - 1) / 2;
  return (static_cast<double>(submission) - middle) *
         std::min(2.0, 9.0 / static_cast<double>(count));
}

std::string step_text(const ProfileCurve& curve, const ProfileStep& step) {
  return fmt::format("{}: {:.0f} % of the workloads within {:.3g}×", curve.submission,
                     100 * step.share, step.tau);
}

/// Returns where the line ends.
double draw_line(SvgWriter& svg, const Frame& frame, const ProfileCurve& curve, double lift) {
  const auto y = [&](const ProfileStep& step) { return frame.y(step.share) + lift; };
  std::string path;
  for (const auto& step : curve.steps) {
    const auto x = coordinate(frame.x(step.tau)), height = coordinate(y(step));
    path += path.empty() ? "M" + x + " " + height : "H" + x + "V" + height;
  }
  svg.leaf("path", {{"class", "line"}, {"d", path + "H" + coordinate(frame.box.right)}});
  for (const auto& step : curve.steps) {
    if (step.share <= 0) continue;
    svg.leaf("circle", {{"class", "dot"}, {"cx", frame.x(step.tau)}, {"cy", y(step)}, {"r", 3.5}},
             step_text(curve, step));
  }
  return curve.steps.empty() ? frame.y(0) + lift : y(curve.steps.back());
}

/// Pushes labels apart where they would overlap, and back into the plot at its bottom.
void spread(std::vector<LineEnd>& ends, double bottom) {
  std::stable_sort(ends.begin(), ends.end(),
                   [](const LineEnd& a, const LineEnd& b) { return a.line < b.line; });
  double next = 0;
  for (auto& end : ends) next = (end.label = std::max(end.line, next)) + kLabelHeight;
  for (auto end = ends.rbegin(); end != ends.rend(); ++end) {
    end->label = std::min(end->label, bottom);
    bottom = end->label - kLabelHeight;
  }
}

void draw_names(SvgWriter& svg, const Report& report, const Box& box, std::vector<LineEnd> ends,
                double width) {
  spread(ends, box.bottom + 4);
  for (const auto& end : ends) {
    open_submission(svg, "end", end.submission);
    svg.leaf("path",
             {{"class", "leader"},
              {"d", fmt::format("M{} {}L{} {}", coordinate(box.right + 2), coordinate(end.line),
                                coordinate(box.right + 14), coordinate(end.label))}});
    svg.text({{"class", "label"}, {"x", box.right + 18}, {"y", end.label + 4}},
             fitted_name(report.profiles[end.submission].submission, width));
    svg.close();
  }
}

}  // namespace

std::string profile_plot(const Report& report, const PlotPlace& place) {
  const bool wide = place.width > 620;
  const double height = wide ? 400 : 320;
  const double names = std::min(widest_name(report) + 2, 0.38 * place.width);
  const Box box{48, 14, place.width - names - 20, height - 44};
  Axis tau{1, report.options.tau_max, round_ticks(1, report.options.tau_max, wide ? 6 : 3), "", 1,
           ""};
  tau.label = wide ? "τ: times slower than the fastest" : "τ: times the fastest";
  const Axis share{0, 1, {0, 0.25, 0.5, 0.75, 1}, "", 0.01, " %"};
  auto svg = begin_plot(place, height,
                        {"profile", "Performance profiles",
                         "For each submission the share of workloads on which it is at most tau "
                         "times slower than the fastest. The score is the area below the line."});
  const auto frame = draw_frame(svg, box, tau, share);
  std::vector<LineEnd> ends;
  for (std::size_t s = report.profiles.size(); s-- > 0;) {  // the best on top
    open_submission(svg, "series", s);
    const double end = draw_line(svg, frame, report.profiles[s], hair(s, report.profiles.size()));
    ends.push_back({s, end, end});
    svg.close();
  }
  std::reverse(ends.begin(), ends.end());
  draw_names(svg, report, box, std::move(ends), names);
  return end_plot(svg);
}

}  // namespace timetrial::scoring
