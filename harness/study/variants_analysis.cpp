// What changing one thing of a model does to its metric and to the time of a step.
//
// Groups   one for each variant; a group's point is the one with the best validation metric
// Metrics  one, such as "accuracy"
// Words    reference   the group that the subject is compared with
//          subject     the group in question
//          control     a group that differs from the reference by next to nothing
//          candidates  groups, separated by blanks, the best of which (on validation) is to exceed
//                      another one; may be left out
//          loser       that other one
// Numbers  higher_is_better  0 or 1: of the metric
//          <candidate>       what the group's name stands for, such as its alpha; with candidates
//
// Differences are of test metrics, seed by seed; times those on the scored clock, over steps.
#include "harness/study/analysis.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace timetrial::study {
namespace {

/// A group at its best point: one value for each seed.
struct Chosen {
  const Group* group = nullptr;
  tuning::Point point;
  std::vector<double> validation, test, step_ms;
};

double step_ms(const Result& result) {
  const Evaluation& last = result.evaluations.back();
  return 1e3 * last.submission_time_s / static_cast<double>(last.step);
}

/// Nothing unless every seed has a result at some point.
std::optional<Chosen> choose(const Results& results, const std::string& name) {
  const auto& terms = results.study.analysis;
  const bool higher = terms.number("higher_is_better") != 0;
  const Group& group = results.group(name);
  std::optional<Chosen> best;
  for (const auto& point : group.run.points) {
    Chosen here{&group, point, {}, {}, {}};
    for (const Result* result : group.of(point)) {
      const double validation = last_value(*result, "validation/" + terms.metrics.front());
      const double test = last_value(*result, "test/" + terms.metrics.front());
      if (!std::isfinite(validation) || !std::isfinite(test)) continue;
      here.validation.push_back(validation);
      here.test.push_back(test);
      here.step_ms.push_back(step_ms(*result));
    }
    if (static_cast<int>(here.test.size()) != results.study.seeds) continue;
    const double gain = best ? mean(here.validation) - mean(best->validation) : 0;
    if (!best || (higher ? gain : -gain) > 0) best = std::move(here);
  }
  return best;
}

using Values = std::vector<double> Chosen::*;

std::vector<double> by_seed(const Chosen& a, const Chosen& b, Values values,
                            double (*join)(double, double)) {
  std::vector<double> joined;
  for (std::size_t seed = 0; seed < (a.*values).size(); ++seed) {
    joined.push_back(join((a.*values)[seed], (b.*values)[seed]));
  }
  return joined;
}

double difference(double a, double b) { return a - b; }
double ratio(double a, double b) { return a / b; }

void put(Findings& findings, const std::string& name, const std::vector<double>& values,
         const std::string& meaning) {
  if (auto statistic = mean_interval(values, meaning)) findings.statistics[name] = *statistic;
}

/// The two statistics of a group beside the reference.
void compare(const Results& results, const Chosen& reference, const std::string& name,
             const std::string& prefix, Findings& findings) {
  const auto chosen = choose(results, name);
  if (!chosen) return;
  const std::string both = name + " and " + reference.group->run.group;
  put(findings, prefix + "difference", by_seed(*chosen, reference, &Chosen::test, difference),
      "test " + results.study.analysis.metrics.front() + " of the first less the second: " + both);
  put(findings, prefix + "time_ratio", by_seed(*chosen, reference, &Chosen::step_ms, ratio),
      "time of a step of the first over the second: " + both);
}

void find_best(const Results& results, Findings& findings) {
  const auto& terms = results.study.analysis;
  if (!terms.words.contains("candidates")) return;
  const bool higher = terms.number("higher_is_better") != 0;
  std::optional<Chosen> best;
  for (const auto& name : words_of(terms.word("candidates"))) {
    auto chosen = choose(results, name);
    if (!chosen) return;  // who is best is not known yet
    const double gain = best ? mean(chosen->validation) - mean(best->validation) : 0;
    if (!best || (higher ? gain : -gain) > 0) best = std::move(chosen);
  }
  const auto loser = choose(results, terms.word("loser"));
  if (!best || !loser) return;
  const auto& name = best->group->run.group;
  put(findings, "best_difference", by_seed(*best, *loser, &Chosen::test, difference),
      fmt::format("test {} of the best candidate, {}, less {}", terms.metrics.front(), name,
                  terms.word("loser")));
  findings.statistics["best_number"] =
      Statistic::exact(terms.number(name), "of the best candidate on validation, " + name);
}

std::string spread(const std::vector<double>& values, int digits) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return fmt::format("{:.{}f} [{:.{}f}, {:.{}f}]", mean(values), digits, *low, digits, *high,
                     digits);
}

scoring::TextTable table_of(const Results& results) {
  const auto& metric = results.study.analysis.metrics.front();
  scoring::TextTable table;
  table.id = "variants";
  table.caption = "Means over seeds [smallest, largest], at the end of training.";
  table.columns = {{"Variant"},
                   {"Point"},
                   {"Validation " + metric, true},
                   {"Test " + metric, true},
                   {"ms a step", true}};
  for (const auto& group : results.groups) {
    const auto chosen = choose(results, group.run.group);
    if (!chosen) {
      table.rows.push_back({{group.run.group, {}}, {"–", {}}, {"–", {}}, {"–", {}}, {"–", {}}});
      continue;
    }
    table.rows.push_back({{group.run.group, {}},
                          {describe(chosen->point, group.run), {}},
                          {spread(chosen->validation, 3), mean(chosen->validation)},
                          {spread(chosen->test, 3), mean(chosen->test)},
                          {spread(chosen->step_ms, 1), mean(chosen->step_ms)}});
  }
  return table;
}

/// Every seed of every group.
scoring::Scatter plot_of(const Results& results) {
  const auto& terms = results.study.analysis;
  const bool numbered = terms.words.contains("candidates");
  scoring::Scatter plot;
  plot.title = "Test " + terms.metrics.front() + (numbered ? " by alpha" : " by time of a step");
  plot.description = "Every point is a seed, at the end of training.";
  plot.x = {numbered ? "alpha" : "ms a step", false};
  plot.y = {"test " + terms.metrics.front(), false};
  for (const auto& group : results.groups) {
    const auto chosen = choose(results, group.run.group);
    const auto number = terms.numbers.find(group.run.group);
    if (!chosen || (numbered && number == terms.numbers.end())) continue;
    scoring::ScatterSeries series{group.run.group, {}};
    for (std::size_t seed = 0; seed < chosen->test.size(); ++seed) {
      series.points.push_back({numbered ? number->second : chosen->step_ms[seed],
                               chosen->test[seed], 0, 0,
                               fmt::format("{}, seed {}", group.run.group, seed)});
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

Findings analyse(const Results& results) {
  const auto& terms = results.study.analysis;
  Findings findings;
  if (const auto reference = choose(results, terms.word("reference"))) {
    compare(results, *reference, terms.word("subject"), "", findings);
    compare(results, *reference, terms.word("control"), "control_", findings);
  }
  find_best(results, findings);
  findings.tables = {table_of(results)};
  findings.plots = {{"variants", plot_of(results)}};
  return findings;
}

}  // namespace

const Analysis kVariantsAnalysis{"variants",
                                 {"difference", "time_ratio", "control_difference",
                                  "control_time_ratio", "best_difference", "best_number"},
                                 analyse};

}  // namespace timetrial::study
