#include "scoring/plots.h"

#include <algorithm>

namespace timetrial::scoring {
namespace {

bool has_curves(const Report& report, const std::string& workload) {
  return std::any_of(report.curves.begin(), report.curves.end(), [&](const LearningCurve& curve) {
    return curve.key.workload == workload && !curve.points.empty();
  });
}

}  // namespace

std::vector<std::pair<std::string, std::string>> plots(const Report& report) {
  const PlotPlace place;
  std::vector<std::pair<std::string, std::string>> files = {
      {"profiles", profile_plot(report, place)},
      {"score_intervals", interval_plot(report, place)},
      {"ratios", heat_map(report, place)}};
  for (std::size_t w = 0; w < report.workloads.size(); ++w) {
    const auto& name = report.workloads[w].terms.name;
    files.emplace_back("times_" + name, times_plot(report, w, place));
    if (!has_curves(report, name)) continue;
    files.emplace_back("curves_time_" + name, curve_plot(report, w, CurveAxis::time, place));
    files.emplace_back("curves_step_" + name, curve_plot(report, w, CurveAxis::step, place));
  }
  return files;
}

}  // namespace timetrial::scoring
