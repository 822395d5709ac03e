// Reports as one HTML file: tables and plots are written here, and work without script; report.js
// sorts, filters, shows values and keeps the view in the address.
#include "scoring/exporters.h"
#include "scoring/html_page.h"
#include "scoring/html_parts.h"
#include "scoring/number_text.h"
#include "scoring/plots.h"
#include "scoring/svg_writer.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace timetrial::scoring {
namespace {

constexpr double kWideWidth = 1080;
/// Points of all curves together that a page carries, and of one: the plots are 320 wide.
constexpr std::size_t kPagePoints = 40'000, kMostPoints = 400, kFewestPoints = 40;

std::string facts(const Report& report) {
  const auto& from = report.provenance;
  return definition("Rule set", from.rule_set) +
         definition("Mode", to_string(report.options.mode)) +
         definition("Hardware profile", from.hardware_profile) +
         definition("Date", date_text(report.date_ns)) +
         (from.store_hash.empty() ? "" : definition("Store", from.store_hash.substr(0, 12))) +
         definition("Intervals", report.interval_status);
}

std::string provenance(const Report& report) {
  std::string text;
  for (const auto& [name, value] : provenance_lines(report)) text += definition(name, value);
  return text;
}

std::string notes(const Report& report) {
  if (report.notes.empty()) return "";
  return "<aside class=\"note\" aria-label=\"Notes\"><h2>Before you read the numbers</h2>\n" +
         list_of(report.notes) + "</aside>";
}

/// One plot for wide screens and paper, one for narrow screens; the other is not displayed.
template <class Draw>
std::string both_widths(const std::string& id, Draw draw) {
  return "<div class=\"wide\">" + draw(PlotPlace{kWideWidth, false, id + "-wide"}) +
         "</div>\n<div class=\"narrow\">" + draw(PlotPlace{kColumnWidth, false, id + "-narrow"}) +
         "</div>\n";
}

std::string figure(const Report& report, std::size_t workload, const std::string& words,
                   const std::string& plot) {
  const auto& terms = report.workloads[workload].terms;
  const std::string role = terms.base.empty() ? ""
                                              : "<p class=\"role\">held-out variant of " +
                                                    markup_escaped(terms.base) + "</p>\n";
  return fmt::format(
      "<figure data-w=\"{}\"><h3>{}</h3>\n{}<figcaption>{}</figcaption>\n{}</figure>\n", workload,
      markup_escaped(terms.name), role, markup_escaped(words), plot);
}

std::string times_figures(const Report& report) {
  std::string text;
  for (std::size_t w = 0; w < report.workloads.size(); ++w) {
    const PlotPlace place{kColumnWidth, false, fmt::format("times-{}", w)};
    text += figure(report, w, target_text(report.workloads[w].terms), times_plot(report, w, place));
  }
  return text;
}

std::string curve_figures(const Report& report) {
  std::string text;
  for (std::size_t w = 0; w < report.workloads.size(); ++w) {
    const auto& terms = report.workloads[w].terms;
    const auto place = [&](const char* axis) {
      return PlotPlace{kColumnWidth, false, fmt::format("curves-{}-{}", axis, w)};
    };
    text += figure(
        report, w,
        fmt::format("{}, {} is better", terms.metric, terms.higher_is_better ? "higher" : "lower"),
        "<div class=\"by-time\">" + curve_plot(report, w, CurveAxis::time, place("time")) +
            "</div>\n<div class=\"by-step\">" +
            curve_plot(report, w, CurveAxis::step, place("step")) + "</div>\n");
  }
  return text;
}

std::string trials(const Report& report) {
  if (report.trials.empty()) {
    return "<p class=\"hint\">This page is a leaderboard: it carries the runs that gave a "
           "study's time. All trials are in <code>timetrial report</code>.</p>";
  }
  return to_html_table(trials_table(report));
}

std::string leave_one_out(const Report& report) {
  if (report.leave_one_out.empty()) {
    return "<p class=\"hint\">With fewer than two submissions there is nobody to leave out.</p>";
  }
  return list_of(leave_one_out_sentences(report)) + to_html_table(leave_one_out_table(report));
}

/// As many points of every curve as the whole page has room for.
std::size_t points_per_curve(std::size_t curves) {
  return std::clamp(kPagePoints / std::max<std::size_t>(curves, 1), kFewestPoints, kMostPoints);
}

/// Six digits: all that a pixel or a hovered value shows.
double shortened(double value) {
  return std::isfinite(value) ? std::stod(fmt::format("{:.6g}", value)) : value;
}

/// The report with the curves that its plots draw.
Report for_page(const Report& report) {
  Report page = report;
  page.curves = thinned(report.curves, points_per_curve(report.curves.size()));
  return page;
}

std::string page_data(Report page) {
  for (auto& curve : page.curves) {
    for (auto& point : curve.points) {
      point.submission_time_s = shortened(point.submission_time_s);
      point.value = shortened(point.value);
    }
  }
  constexpr int kOneLine = -1;
  return embeddable(to_json(page, kOneLine));
}

/// Replaces {{NAME}} in one pass, so that nothing put in is looked at again.
std::string filled(const std::string& page, const std::map<std::string, std::string>& values) {
  std::string text;
  std::size_t at = 0;
  while (true) {
    const std::size_t open = page.find("{{", at);
    if (open == std::string::npos) return text + page.substr(at);
    const std::size_t close = page.find("}}", open);
    text += page.substr(at, open - at) + values.at(page.substr(open + 2, close - open - 2));
    at = close + 2;
  }
}

}  // namespace

std::string to_html(const Report& report) {
  const auto page = for_page(report);
  const auto profile = [&](const PlotPlace& place) { return profile_plot(page, place); };
  const auto intervals = [&](const PlotPlace& place) { return interval_plot(page, place); };
  return filled(kPageTemplate,
                {{"TITLE", markup_escaped(report.title)},
                 {"STYLE", std::string(kPageStyle) + kPlotStyle},
                 {"SCRIPT", kPageScript},
                 {"FACTS", facts(report)},
                 {"NOTES", notes(report)},
                 {"CHIPS", legend_chips(report)},
                 {"LEADERBOARD", to_html_table(leaderboard_table(report))},
                 {"INTERVAL_PLOT", both_widths("intervals", intervals)},
                 {"PROFILE_PLOT", both_widths("profiles", profile)},
                 {"PROFILE", folded("The profiles in numbers", profile_table(report))},
                 {"TIME_PLOTS", times_figures(page)},
                 {"TIMES", to_html_table(times_table(report))},
                 {"STUDIES", folded("Every study in numbers", studies_table(report))},
                 {"HEAT_MAP", heat_map(page, {kColumnWidth, false, "heat"})},
                 {"WINS", to_html_table(wins_table(report))},
                 {"LEAVE_ONE_OUT", leave_one_out(report)},
                 {"WORKLOADS", to_html_table(workloads_table(report))},
                 {"CURVES", curve_figures(page)},
                 {"RUNS", folded("The curves in numbers", curves_table(report))},
                 {"TRIALS", trials(report)},
                 {"PROVENANCE", provenance(report)},
                 {"DATA", page_data(page)}});
}

}  // namespace timetrial::scoring
