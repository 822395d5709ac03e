// Whether the preconditioned sharpness of training stays at the threshold where its updates become
// unstable.
//
// Groups   one for each method and rate; every trial measures its sharpness (diagnose)
// Words    arrived    groups, separated by blanks, that are to hover at their threshold
//          The others may be left out, with their statistics:
//          unreached  groups whose rate is too low to arrive; the ratio must stay below
//          misjudged  groups with momentum, judged by 2 / rate instead of their own threshold
//          flat       a group whose raw sharpness must stay where it was on arrival
//          advancing  a group whose raw sharpness must rise after arrival
//          minibatch  groups by falling size of their batches (minibatch_falls.h)
//
// Numbers  low, high  of the ratio: a run has arrived with its first measurement between them
//
// A ratio is the preconditioned sharpness over the update's threshold; a run's is the mean over the
// second half of its measurements. A rate so high that the sharpness first shoots over the band
// arrives when it has come back.
//
// Source   Cohen et al. 2022, "Adaptive Gradient Methods at the Edge of Stability" (arXiv
//          2207.14484)
#include "harness/study/analysis.h"

#include "harness/study/minibatch_falls.h"
#include "harness/trial/error.h"
#include "scoring/sharpness.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <set>

namespace timetrial::study {
namespace {

using scoring::SharpnessPoint;
using Curve = std::vector<SharpnessPoint>;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double later_ratio(const Result& result) {
  const auto later = scoring::later_ratios(scoring::sharpness_of(result.evaluations));
  return later && result.outcome.kind == OutcomeKind::completed ? later->mean : kNone;
}

std::optional<SharpnessPoint> arrival(const Curve& curve, const AnalysisTerms& terms) {
  const double low = terms.number("low"), high = terms.number("high");
  const auto found = std::find_if(curve.begin(), curve.end(), [&](const SharpnessPoint& point) {
    const double ratio = point.ratio().value_or(kNone);
    return ratio >= low && ratio <= high;
  });
  return found == curve.end() ? std::nullopt : std::optional(*found);
}

/// The last raw sharpness over that of arrival, less 1.
double raw_change(const Result& result, const AnalysisTerms& terms) {
  const Curve curve = scoring::sharpness_of(result.evaluations);
  const auto reached = arrival(curve, terms);
  return reached ? curve.back().raw / reached->raw - 1 : kNone;
}

/// One value of every run of some groups; a run without one makes all of them unknown.
std::vector<double> values_of(const Results& results, const std::string& groups,
                              const std::function<double(const Result&)>& value) {
  std::vector<double> values;
  for (const auto& name : words_of(groups)) {
    const auto& group = results.group(name);
    if (group.results.empty()) values.push_back(kNone);
    for (const auto& result : group.results) values.push_back(value(result));
  }
  return values;
}

/// The least or largest of them; nothing where a run has none.
void put_extreme(Findings& findings, const std::string& name, const std::vector<double>& values,
                 bool largest, const std::string& meaning) {
  const bool known =
      std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
  if (values.empty() || !known) return;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  findings.statistics[name] = Statistic::exact(largest ? *most : *least, meaning);
}

/// The ratio that 2 / rate in the place of the update's own threshold gives.
double misjudged_ratio(const Result& result) {
  Curve curve = scoring::sharpness_of(result.evaluations);
  const auto rate = result.point.find("learning_rate");
  if (rate == result.point.end()) return kNone;
  for (auto& point : curve) {
    if (point.threshold) point.threshold = 2 / rate->second;
  }
  const auto later = scoring::later_ratios(curve);
  return later ? later->mean : kNone;
}

std::string ratio_text(const Group& group, const std::function<double(const Result&)>& value,
                       const char* format) {
  double least = 0, most = 0, sum = 0;
  for (std::size_t i = 0; i < group.results.size(); ++i) {
    const double found = value(group.results[i]);
    if (!std::isfinite(found)) return "–";
    least = i == 0 ? found : std::min(least, found);
    most = i == 0 ? found : std::max(most, found);
    sum += found;
  }
  if (group.results.empty()) return "–";
  const double mean = sum / static_cast<double>(group.results.size());
  return fmt::format(fmt::runtime(format), mean, least, most);
}

std::string arrival_text(const Group& group, const AnalysisTerms& terms) {
  std::string text;
  for (const auto& result : group.results) {
    const auto reached = arrival(scoring::sharpness_of(result.evaluations), terms);
    text += (text.empty() ? "" : ", ") + (reached ? std::to_string(reached->step) : "not reached");
  }
  return text;
}

scoring::TextTable table_of(const Results& results) {
  const auto& terms = results.study.analysis;
  scoring::TextTable table;
  table.id = "ratios";
  table.caption =
      "By method: ratio of preconditioned sharpness to threshold over the second half, mean over "
      "seeds with the least and largest of them; the step of arrival of each seed; how far the raw "
      "sharpness went from arrival to the end.";
  table.columns = {{"Runs"}, {"Submission"}, {"Point"}, {"Ratio"}, {"Arrival"}, {"Raw change"}};
  for (const auto& group : results.groups) {
    table.rows.push_back({{group.run.group, {}},
                          {group.run.submission, {}},
                          {describe(group.run.points.front(), group.run), {}},
                          {ratio_text(group, later_ratio, "{:.3f} [{:.3f}, {:.3f}]"), {}},
                          {arrival_text(group, terms), {}},
                          {ratio_text(
                               group, [&](const Result& r) { return 100 * raw_change(r, terms); },
                               "{:+.1f} % [{:+.1f}, {:+.1f}]"),
                           {}}});
  }
  return table;
}

/// The first seed of each group.
scoring::Scatter plot_of(const Results& results, const std::string& groups, bool raw) {
  scoring::Scatter plot;
  plot.title = raw ? "Raw sharpness" : "Preconditioned sharpness over the threshold";
  plot.description =
      raw ? "Largest eigenvalue of the Hessian by step; first seed of each method."
          : "At 1 the update is at its edge of stability; first seed of each method.";
  plot.x = {"step", false};
  plot.y = {raw ? "largest eigenvalue of H" : "ratio", false};
  if (!raw) plot.marks = {{true, 1, "threshold"}};
  for (const auto& name : words_of(groups)) {
    const auto& group = results.group(name);
    scoring::ScatterSeries series{name, {}, /*line=*/true, /*dots=*/false};
    if (!group.results.empty()) {
      for (const auto& point : scoring::sharpness_of(group.results.front().evaluations)) {
        const double y = raw ? point.raw : point.ratio().value_or(kNone);
        series.points.push_back({static_cast<double>(point.step), y});
      }
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

/// The groups of a word that may be left out.
std::string groups_of(const AnalysisTerms& terms, const std::string& word) {
  const auto found = terms.words.find(word);
  return found == terms.words.end() ? "" : found->second;
}

/// Of several lists, each group once, in the order of its first place.
std::string each_once(const std::string& groups) {
  std::string kept;
  std::set<std::string> seen;
  for (const auto& name : words_of(groups)) {
    if (seen.insert(name).second) kept += " " + name;
  }
  return kept;
}

void add_plot(Findings& findings, const std::string& name, scoring::Scatter plot) {
  if (!plot.series.empty()) findings.plots.emplace_back(name, std::move(plot));
}

Findings analyse(const Results& results) {
  const auto& terms = results.study.analysis;
  const auto &all = terms.word("arrived"), unreached = groups_of(terms, "unreached"),
             flat = groups_of(terms, "flat"), advancing = groups_of(terms, "advancing"),
             minibatch = " " + groups_of(terms, "minibatch");
  Findings findings;
  const auto arrived = values_of(results, all, later_ratio);
  put_extreme(findings, "least_ratio", arrived, false,
              "least ratio of a run that is to arrive, mean over its second half");
  put_extreme(findings, "largest_ratio", arrived, true, "the largest of them");
  put_extreme(findings, "unreached_ratio", values_of(results, unreached, later_ratio), true,
              "largest ratio of a run whose rate is too low to arrive");
  put_extreme(findings, "misjudged_ratio",
              values_of(results, groups_of(terms, "misjudged"), misjudged_ratio), false,
              "least ratio of runs with momentum to 2 / rate");
  put_extreme(
      findings, "flat_change",
      values_of(results, flat, [&](const Result& r) { return std::abs(raw_change(r, terms)); }),
      true, "largest relative change of the raw sharpness after arrival, " + flat);
  put_extreme(findings, "advance",
              values_of(results, advancing, [&](const Result& r) { return raw_change(r, terms); }),
              false, "least relative rise of the raw sharpness after arrival, " + advancing);
  findings.tables = {table_of(results)};
  add_plot(findings, "ratios",
           plot_of(results, each_once(all + " " + unreached + minibatch), false));
  add_plot(findings, "raw", plot_of(results, each_once(flat + " " + advancing + minibatch), true));
  add_minibatches(results, later_ratio, findings);
  return findings;
}

}  // namespace

const Analysis kCurvatureAnalysis{
    "curvature",
    {"least_ratio", "largest_ratio", "unreached_ratio", "misjudged_ratio", "flat_change", "advance",
     "minibatch_fall", "minibatch_total_fall", "minibatch_chance"},
    analyse};

}  // namespace timetrial::study
