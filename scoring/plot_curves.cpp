// Learning curves of one workload. Bold is the run that stands for its submission: the one with the
// median time. Rings mark the first evaluation at the target.
#include "scoring/number_text.h"
#include "scoring/plot_frame.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace timetrial::scoring {
namespace {

double place_of(const CurvePoint& point, CurveAxis axis) {
  return axis == CurveAxis::time ? point.submission_time_s : static_cast<double>(point.step);
}

std::vector<std::size_t> curves_of(const Report& report, const std::string& workload) {
  std::vector<std::size_t> list;
  for (std::size_t i = 0; i < report.curves.size(); ++i) {
    if (report.curves[i].key.workload == workload) list.push_back(i);
  }
  return list;
}

/// From the best value seen to the worst worth showing: early values and divergence are cut off.
Axis value_axis(const Report& report, const WorkloadTerms& terms,
                const std::vector<std::size_t>& curves) {
  const double target = terms.validation_target;
  std::vector<double> values = {target};
  for (const auto i : curves) {
    for (const auto& point : report.curves[i].points) {
      if (std::isfinite(point.value)) values.push_back(point.value);
    }
  }
  std::sort(values.begin(), values.end());
  const auto at = [&](double part) {
    return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1) + 0.5)];
  };
  double low = values.front(), high = values.back();
  if (terms.higher_is_better) {
    low = std::max(low, std::min(at(0.1), target) - (high - at(0.1)));
  } else {
    high = std::min(high, std::max(at(0.85), target) + 0.5 * (at(0.85) - low));
  }
  const double range = high > low ? high - low : std::max(std::abs(high), 1.0);
  Axis axis{low - 0.06 * range, high + 0.06 * range, {}, "", 1, ""};
  axis.ticks = round_ticks(axis.from, axis.to, 5);
  return axis;
}

Axis progress_axis(const Report& report, const std::vector<std::size_t>& curves, CurveAxis axis) {
  double last = 0;
  for (const auto i : curves) {
    for (const auto& point : report.curves[i].points) last = std::max(last, place_of(point, axis));
  }
  last = std::max(1.02 * last, 1e-6);
  return axis == CurveAxis::time ? time_axis(last, 4)
                                 : Axis{0, last, round_ticks(0, last, 4), "steps", 1, ""};
}

/// A path in tenths of pixels, relative after its first point: these are most of a page.
std::string path_of(const LearningCurve& curve, const Frame& frame, CurveAxis axis) {
  std::string path;
  double x = 0, y = 0;  // where the pen is, as rounded
  for (const auto& point : curve.points) {
    if (!std::isfinite(point.value)) continue;
    const double to_x = std::round(10 * frame.x(place_of(point, axis))) / 10;
    const double to_y = std::round(10 * std::clamp(frame.y(point.value), -999.0, 9999.0)) / 10;
    path += path.empty() ? "M" : "l";
    const auto dy = coordinate(path.size() == 1 ? to_y : to_y - y);
    path += coordinate(path.size() == 1 ? to_x : to_x - x) + (dy[0] == '-' ? "" : " ") + dy;
    x = to_x;
    y = to_y;
  }
  return path;
}

std::string hit_text(const LearningCurve& curve) {
  return fmt::format("{}, study {}, trial {}: target after {}, step {}", curve.key.submission,
                     curve.key.study, curve.key.trial, seconds_text(curve.target.time_s),
                     curve.target.step);
}

/// The first evaluation at the target; with interpolated times the one after.
const CurvePoint* hit_of(const LearningCurve& curve) {
  for (const auto& point : curve.points) {
    if (curve.target.reached() && point.submission_time_s >= curve.target.time_s) return &point;
  }
  return nullptr;
}

class CurvePlot {
 public:
  CurvePlot(const Report& report, std::size_t workload, CurveAxis axis, const PlotPlace& place)
      : report_(report),
        terms_(report.workloads[workload].terms),
        workload_(workload),
        axis_(axis),
        place_(place),
        curves_(curves_of(report, terms_.name)),
        x_(progress_axis(report, curves_, axis)),
        y_(value_axis(report, terms_, curves_)) {}

  std::string draw() {
    const double legend = place_.file ? legend_height(report_, place_.width - 64) : 0;
    const double height = (place_.file ? 300 : 280) + legend;
    Box box{52, 14, place_.width - 12, height - legend - 44};
    auto svg = begin_plot(place_, height, words(), attributes(box));
    box.top += draw_heading(svg, place_, terms_.name);
    const auto frame = draw_frame(svg, box, x_, y_);
    draw_curves(svg, frame);
    draw_target(svg, frame);
    draw_troubles(svg, frame);
    if (place_.file) draw_legend(svg, report_, {box.left, height - legend, box.right, height});
    return end_plot(svg);
  }

 private:
  PlotWords words() const {
    const char* over = axis_ == CurveAxis::time ? "submission time" : "steps";
    return {"curves", fmt::format("Learning curves of {} over {}", terms_.name, over),
            fmt::format("Validation {} ({} is better) of every run over {}, with the target {}. "
                        "Bold is the run with the median time of its submission.",
                        terms_.metric, terms_.higher_is_better ? "higher" : "lower", over,
                        metric_text(terms_.validation_target))};
  }

  /// What the page's script needs to find the evaluation below the pointer.
  SvgWriter::Attributes attributes(const Box& box) const {
    if (place_.file) return {};
    return {{"data-axis", axis_ == CurveAxis::time ? "time_s" : "step"},
            {"data-scale", fmt::format("{} {} {} {} {} {} {} {}", x_.from, x_.to, box.left,
                                       box.right, y_.from, y_.to, box.bottom, box.top)},
            {"data-w", fmt::format("{}", workload_)}};
  }

  void draw_curves(SvgWriter& svg, const Frame& frame) const {
    const auto clip = place_.id + "-clip";
    svg.open("clipPath", {{"id", clip}});
    svg.leaf("rect", {{"x", frame.box.left},
                      {"y", frame.box.top - 6},
                      {"width", frame.box.width() + 4},
                      {"height", frame.box.height() + 6}});
    svg.close();
    svg.open("g", {{"clip-path", "url(#" + clip + ")"}});
    for (std::size_t s = report_.leaderboard.size(); s-- > 0;) draw_submission(svg, frame, s);
    svg.close();
  }

  void draw_submission(SvgWriter& svg, const Frame& frame, std::size_t submission) const {
    const auto& time = report_.times[submission * report_.workloads.size() + workload_].time;
    const int typical = typical_study(time);
    open_submission(svg, "series", submission);
    for (const bool bold : {false, true}) {
      for (const auto i : curves_) {
        const auto& curve = report_.curves[i];
        if (curve.key.submission != time.submission) continue;
        if (bold == (curve.best && curve.key.study == typical)) draw_run(svg, frame, i, bold);
      }
    }
    svg.close();
  }

  void draw_run(SvgWriter& svg, const Frame& frame, std::size_t index, bool bold) const {
    const auto& curve = report_.curves[index];
    const auto path = path_of(curve, frame, axis_);
    if (path.empty()) return;
    SvgWriter::Attributes attributes = {{"class", bold ? "line" : "line thin"}, {"d", path}};
    if (!place_.file) attributes.emplace_back("data-curve", fmt::format("{}", index));
    svg.leaf("path", attributes);
    const auto* hit = hit_of(curve);
    if (!curve.best || hit == nullptr) return;
    svg.leaf("circle",
             {{"class", bold ? "ring" : "ring thin"},
              {"cx", frame.x(place_of(*hit, axis_))},
              {"cy", frame.y(hit->value)},
              {"r", bold ? 4.0 : 2.2}},
             hit_text(curve));
  }

  /// A cross where a run ended that failed or diverged; clamped into the plot.
  void draw_troubles(SvgWriter& svg, const Frame& frame) const {
    for (const auto& trial : report_.trials) {
      if (trial.key.workload != terms_.name) continue;
      if (!trial.failed && trial.outcome != to_string(OutcomeKind::diverged)) continue;
      const auto* last = last_of(trial.key);
      if (last == nullptr) continue;
      const double y = std::clamp(frame.y(last->value), frame.box.top, frame.box.bottom);
      const auto x = frame.x(place_of(*last, axis_));
      open_submission(svg, "trouble", submission_of(trial.key.submission));
      svg.leaf("path",
               {{"class", "cross"},
                {"d", fmt::format("M{} {}l8 8m0 -8l-8 8", coordinate(x - 4), coordinate(y - 4))}},
               fmt::format("{}: {}", to_string(trial.key), trial.outcome));
      svg.close();
    }
  }

  /// The last finite evaluation of a trial.
  const CurvePoint* last_of(const TrialKey& key) const {
    const CurvePoint* last = nullptr;
    for (const auto i : curves_) {
      if (report_.curves[i].key != key) continue;
      for (const auto& point : report_.curves[i].points) {
        if (std::isfinite(point.value)) last = &point;
      }
    }
    return last;
  }

  std::size_t submission_of(const std::string& name) const {
    std::size_t index = 0;
    while (report_.leaderboard[index].submission != name) ++index;
    return index;
  }

  /// The name of the line at the left, where curves are still far from it.
  void draw_target(SvgWriter& svg, const Frame& frame) const {
    const double y = frame.y(terms_.validation_target);
    svg.leaf("line", {{"class", "target"},
                      {"x1", frame.box.left},
                      {"x2", frame.box.right},
                      {"y1", y},
                      {"y2", y}});
    const bool below = y < frame.box.top + 24;
    svg.text({{"class", "target-label"}, {"x", frame.box.left + 6}, {"y", below ? y + 16 : y - 7}},
             "target " + metric_text(terms_.validation_target));
  }

  const Report& report_;
  const WorkloadTerms& terms_;
  std::size_t workload_;
  CurveAxis axis_;
  const PlotPlace& place_;
  std::vector<std::size_t> curves_;
  Axis x_, y_;
};

}  // namespace

int typical_study(const CellTime& cell) {
  std::vector<const StudyTime*> reached;
  for (const auto& study : cell.studies) {
    if (study.trial >= 0) reached.push_back(&study);
  }
  if (reached.empty()) return -1;
  std::sort(reached.begin(), reached.end(),
            [](const StudyTime* a, const StudyTime* b) { return a->best.time_s < b->best.time_s; });
  const std::size_t middle = (cell.studies.size() - 1) / 2;
  return reached[std::min(middle, reached.size() - 1)]->study;
}

std::string curve_plot(const Report& report, std::size_t workload, CurveAxis axis,
                       const PlotPlace& place) {
  return CurvePlot(report, workload, axis, place).draw();
}

}  // namespace timetrial::scoring
