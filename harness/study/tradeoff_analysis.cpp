// Whether methods reach what no static weights reach.
//
// Groups   front    a sweep of static weights (hyperparameters task_weight_0, task_weight_1, …) ×
// rates
//          planted  a method that cheats, which must be found to lie beyond the front
//          wide     optional: static weights on a larger model, for the front's hypervolume
//          rates    optional: equal weights at more rates, for sparse_grids.h
//          others   one method each, with its points
// Numbers  between        points put on the line between two neighbours of the front
//          largest_share  the truncated front of the control: weights of the first task up to it
// Source   Xin et al. 2022, "Do Current Multi-Task Optimization Methods in Deep Learning Even
//          Help?"; the statistic: scoring/tradeoff.h
#include "harness/study/analysis.h"
#include "harness/study/sparse_grids.h"

#include "scoring/tradeoff_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace timetrial::study {
namespace {

using scoring::Configuration;
using scoring::Losses;
using scoring::MethodComparison;
using scoring::TradeoffInput;

constexpr const char* kFront = "front";
constexpr const char* kPlanted = "planted";
constexpr const char* kWide = "wide";

Losses losses_of(const Result& result, const AnalysisTerms& terms, const char* split) {
  Losses losses;
  for (const auto& metric : terms.metrics) {
    losses.push_back(last_value(result, fmt::format("{}/{}", split, metric)));
  }
  return losses;
}

Configuration configuration_of(const Group& group, const tuning::Point& point,
                               const std::string& label, const AnalysisTerms& terms) {
  Configuration configuration{label, describe(point, group.run), {}, {}};
  for (const Result* result : group.of(point)) {
    configuration.validation.push_back(losses_of(*result, terms, "validation"));
    configuration.test.push_back(losses_of(*result, terms, "test"));
  }
  return configuration;
}

/// The static weights of a group, those of the first task up to `largest`.
void add_sweep(TradeoffInput& input, const Group& group, const AnalysisTerms& terms,
               double largest) {
  for (const auto& point : group.run.points) {
    const auto weights = scoring::weights_of(point, terms.metrics.size());
    if (!weights || (*weights)[0] > largest + 1e-9) continue;
    input.sweep.push_back(configuration_of(group, point, scoring::weights_text(*weights), terms));
    input.weights.push_back(*weights);
  }
}

TradeoffInput input_of(const Results& results, double largest) {
  const auto& terms = results.study.analysis;
  TradeoffInput input;
  input.tasks = terms.tasks;
  input.between = static_cast<int>(terms.number("between"));
  add_sweep(input, results.group(kFront), terms, largest);
  for (const auto& group : results.groups) {
    const auto& name = group.run.group;
    if (name == kFront || name == kWide || name == kRates) continue;
    for (const auto& point : group.run.points) {
      input.methods.push_back(configuration_of(group, point, group.run.group, terms));
    }
  }
  return input;
}

/// The most by which an honest method lies beyond the front, after two standard errors.
Statistic largest_excess(const std::vector<MethodComparison>& found, const std::string& meaning) {
  double most = -std::numeric_limits<double>::infinity();
  std::string whose = "none";
  for (const auto& method : found) {
    if (method.label == kPlanted) continue;
    const double value = method.excess.value - 2 * method.excess.standard_error;
    if (value > most) most = value, whose = method.label;
  }
  return Statistic::exact(most, meaning + " (" + whose + ")");
}

void add_planted(const std::vector<MethodComparison>& found, Findings& findings) {
  for (const auto& method : found) {
    if (method.label != kPlanted) continue;
    const double error = method.excess.standard_error;
    findings.statistics["planted_excess"] = {method.excess.value, method.excess.value - 2 * error,
                                             method.excess.value + 2 * error,
                                             "excess of the planted cheater over the front"};
  }
}

/// Volumes up to one common reference: the worst losses of the front.
void add_volumes(const Results& results, const scoring::TradeoffReport& report,
                 Findings& findings) {
  const auto& terms = results.study.analysis;
  const auto reference = scoring::worst_losses(report.front);
  const auto front = scoring::test_losses(report.front);
  const double volume = scoring::hypervolume(front, reference);
  double best = volume;
  for (const auto& method : report.methods) {
    if (method.label == kPlanted) continue;
    auto with_method = front;
    with_method.push_back(method.test);
    best = std::max(best, scoring::hypervolume(with_method, reference));
  }
  findings.statistics["method_volume_gain"] = Statistic::exact(
      best / volume - 1, "relative gain of the front's hypervolume by the best method added to it");
  if (!results.has(kWide)) return;
  TradeoffInput wide;
  add_sweep(wide, results.group(kWide), terms, 1);
  const auto points = scoring::test_losses(scoring::choose_front(wide.sweep, wide.weights));
  findings.statistics["wide_volume_gain"] =
      Statistic::exact(scoring::hypervolume(points, reference) / volume - 1,
                       "relative gain of the front's hypervolume by the larger model");
}

Findings analyse(const Results& results) {
  const auto& terms = results.study.analysis;
  const auto report = scoring::make_tradeoff(input_of(results, 1));
  Findings findings;
  findings.remarks = scoring::tradeoff_sentences(report);
  if (report.front.empty()) return findings;
  auto& statistics = findings.statistics;
  statistics["largest_excess"] =
      largest_excess(report.methods, "largest excess of a method, less two standard errors");
  add_planted(report.methods, findings);
  const auto cut = scoring::make_tradeoff(input_of(results, terms.number("largest_share")));
  if (!cut.front.empty()) {
    statistics["largest_excess_over_cut_front"] =
        largest_excess(cut.methods, "the same over a front whose sweep ends too early");
  }
  statistics["front_weights"] = Statistic::exact(static_cast<double>(report.front.size()),
                                                 "weights of the sweep that were measured");
  const auto outside = std::count_if(
      report.methods.begin(), report.methods.end(),
      [](const auto& method) { return method.label != kPlanted && !method.bracketed; });
  statistics["unbracketed_methods"] = Statistic::exact(
      static_cast<double>(outside), "methods that the sweep of weights does not bracket");
  add_volumes(results, report, findings);
  findings.tables = {scoring::methods_table(report, terms.tasks),
                     scoring::front_table(report, terms.tasks)};
  if (results.has(kRates)) {
    add_sparse_grids(results.group(kFront), results.group(kRates), terms, findings);
  }
  if (terms.metrics.size() == 2) {
    findings.plots = {{"front", scoring::front_plot(report, terms.tasks, 0, 1)}};
  }
  return findings;
}

}  // namespace

const Analysis kTradeoffAnalysis{
    "tradeoff",
    {"largest_excess", "planted_excess", "largest_excess_over_cut_front", "front_weights",
     "unbracketed_methods", "method_volume_gain", "wide_volume_gain", "grid_deviation",
     "seed_deviation", "grid_to_seed_ratio"},
    analyse};

}  // namespace timetrial::study
