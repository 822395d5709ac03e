// Whether training on the large task first, then on a mixture, reaches what no static mixture does.
//
// Groups   static     static mixtures × rates, evaluated often: each may stop early
//          phased     large task first, then a mixture
//          restart    a control: the mixture throughout, with the same reset
//          other_static, other_phased   a control on another workload, where the large task first
//                     should not help; may be left out
//          others     further controls, one row of the table each
// Metrics  of two tasks, the large one first
// Numbers  slack      the large task may lose so much, as a factor, such as 1.01
//
// What is picked is picked on validation: of the static mixtures, the one with the best large task,
// and, apart from it, the one with the best small task, each at its best evaluation (which favours
// them: no single run has both); of the phased ones, the one with the best small task among those
// whose large task is within the slack, at its end. Test losses of what was picked are compared
// seed by seed.
//
// Source   Choi et al. 2023, "Order Matters in the Presence of Dataset Imbalance for Multilingual
//          Learning"
#include "harness/study/analysis.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace timetrial::study {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kLarge = 0, kSmall = 1;

double metric(const Evaluation& evaluation, const std::string& name) {
  const auto found = evaluation.metrics.find(name);
  return found == evaluation.metrics.end() ? std::nan("") : found->second;
}

/// Losses of both tasks on both splits.
struct Reading {
  double validation[2] = {}, test[2] = {}, train[2] = {};
};

Reading reading_of(const Evaluation& evaluation, const AnalysisTerms& terms) {
  Reading reading;
  for (const std::size_t task : {kLarge, kSmall}) {
    reading.validation[task] = metric(evaluation, "validation/" + terms.metrics[task]);
    reading.test[task] = metric(evaluation, "test/" + terms.metrics[task]);
    reading.train[task] = metric(evaluation, "train/" + terms.metrics[task]);
  }
  return reading;
}

/// The reading of a run at its end, or where the validation loss of `stop_by` is lowest.
std::optional<Reading> reading_of(const Result& result, const AnalysisTerms& terms,
                                  std::optional<std::size_t> stop_by) {
  if (result.outcome.kind != OutcomeKind::completed || result.evaluations.empty()) return {};
  Reading best = reading_of(result.evaluations.back(), terms);
  if (!stop_by) return best;
  for (const auto& evaluation : result.evaluations) {
    const auto reading = reading_of(evaluation, terms);
    if (reading.validation[*stop_by] < best.validation[*stop_by]) best = reading;
  }
  return best;
}

/// A point with a reading for each seed.
struct Candidate {
  tuning::Point point;
  std::vector<Reading> seeds;

  double mean(double (Reading::*split)[2], std::size_t task) const {
    double sum = 0;
    for (const auto& reading : seeds) sum += (reading.*split)[task];
    return sum / static_cast<double>(seeds.size());
  }
};

/// The points of a group for which every seed has a reading.
std::vector<Candidate> candidates(const Results& results, const std::string& group,
                                  std::optional<std::size_t> stop_by) {
  std::vector<Candidate> found;
  const auto seeds = static_cast<std::size_t>(results.study.seeds);
  for (const auto& point : results.group(group).run.points) {
    Candidate candidate{point, {}};
    for (const Result* result : results.group(group).of(point)) {
      const auto reading = reading_of(*result, results.study.analysis, stop_by);
      if (reading && std::isfinite(reading->validation[kLarge] + reading->validation[kSmall])) {
        candidate.seeds.push_back(*reading);
      }
    }
    if (candidate.seeds.size() == seeds) found.push_back(std::move(candidate));
  }
  return found;
}

/// Lowest mean validation loss of a task among those whose large task stays within a bound.
std::optional<Candidate> best(const std::vector<Candidate>& all, std::size_t task,
                              double largest_large = kInfinity) {
  std::optional<Candidate> chosen;
  for (const auto& candidate : all) {
    if (candidate.mean(&Reading::validation, kLarge) > largest_large) continue;
    if (!chosen ||
        candidate.mean(&Reading::validation, task) < chosen->mean(&Reading::validation, task)) {
      chosen = candidate;
    }
  }
  return chosen;
}

/// What static mixtures reach, and what another group makes of it.
struct Comparison {
  std::optional<Candidate> large, small;  ///< static: the best of each task
  std::optional<Candidate> chosen;        ///< of the other group
};

Comparison compare(const Results& results, const std::string& fixed, const std::string& group) {
  Comparison comparison;
  comparison.large = best(candidates(results, fixed, kLarge), kLarge);
  comparison.small = best(candidates(results, fixed, kSmall), kSmall);
  if (!comparison.large) return comparison;
  const double bound =
      results.study.analysis.number("slack") * comparison.large->mean(&Reading::validation, kLarge);
  comparison.chosen = best(candidates(results, group, {}), kSmall, bound);
  return comparison;
}

/// By seed: how much lower the small task's test loss is than the static mixtures' best.
std::vector<double> gains(const Comparison& comparison, bool relative) {
  std::vector<double> values;
  for (std::size_t seed = 0; seed < comparison.chosen->seeds.size(); ++seed) {
    const double fixed = comparison.small->seeds[seed].test[kSmall];
    const double gain = fixed - comparison.chosen->seeds[seed].test[kSmall];
    values.push_back(relative ? gain / fixed : gain);
  }
  return values;
}

std::vector<double> large_ratios(const Comparison& comparison) {
  std::vector<double> values;
  for (std::size_t seed = 0; seed < comparison.chosen->seeds.size(); ++seed) {
    values.push_back(comparison.chosen->seeds[seed].test[kLarge] /
                     comparison.large->seeds[seed].test[kLarge]);
  }
  return values;
}

void put(Findings& findings, const std::string& name, const std::vector<double>& values,
         const std::string& meaning) {
  if (auto statistic = mean_interval(values, meaning)) findings.statistics[name] = *statistic;
}

std::string spread_text(const Candidate& candidate, double (Reading::*split)[2], std::size_t task) {
  double squares = 0;
  const double mean = candidate.mean(split, task);
  for (const auto& reading : candidate.seeds) squares += std::pow((reading.*split)[task] - mean, 2);
  const auto n = static_cast<double>(candidate.seeds.size());
  return n < 2 ? fmt::format("{:.3f}", mean)
               : fmt::format("{:.3f} ± {:.3f}", mean, std::sqrt(squares / (n - 1)));
}

/// Mean passes over the small task's examples, as the worker counted them.
std::string epochs_text(const Results& results, const std::string& group,
                        const tuning::Point& point) {
  const std::string name = "epochs/" + results.study.analysis.tasks[kSmall];
  double sum = 0;
  int count = 0;
  for (const Result* result : results.group(group).of(point)) {
    if (result->evaluations.empty()) continue;
    const auto& recorded = result->evaluations.back().recorded;
    if (const auto found = recorded.find(name); found != recorded.end()) {
      sum += found->second;
      ++count;
    }
  }
  return count == 0 ? "–" : fmt::format("{:.1f}", sum / count);
}

void add_row(scoring::TextTable& table, const Results& results, const std::string& name,
             const std::string& group, const std::optional<Candidate>& candidate) {
  if (!candidate) return;
  table.rows.push_back(
      {{name, {}},
       {describe(candidate->point, results.group(group).run), {}},
       {spread_text(*candidate, &Reading::test, kLarge), candidate->mean(&Reading::test, kLarge)},
       {spread_text(*candidate, &Reading::test, kSmall), candidate->mean(&Reading::test, kSmall)},
       {spread_text(*candidate, &Reading::train, kSmall), candidate->mean(&Reading::train, kSmall)},
       {fmt::format("{:+.3f}", candidate->mean(&Reading::validation, kSmall) -
                                   candidate->mean(&Reading::train, kSmall)),
        {}},
       {epochs_text(results, group, candidate->point), {}}});
}

scoring::TextTable table_of(const Results& results, const Comparison& phased) {
  const auto& tasks = results.study.analysis.tasks;
  scoring::TextTable table;
  table.id = "order";
  table.caption =
      "Means over seeds ± standard deviation. Static mixtures at their best evaluation, the others "
      "at their end; gap: validation less training loss of the small task; epochs: passes over its "
      "examples by the end of the run.";
  table.columns = {{"Training"},
                   {"Point"},
                   {"Test " + tasks[kLarge], true},
                   {"Test " + tasks[kSmall], true},
                   {"Train " + tasks[kSmall], true},
                   {"Gap"},
                   {"Epochs of " + tasks[kSmall]}};
  add_row(table, results, "static, best " + tasks[kLarge], "static", phased.large);
  add_row(table, results, "static, best " + tasks[kSmall], "static", phased.small);
  for (const auto& group : results.groups) {
    const auto& name = group.run.group;
    if (name == "static" || name.starts_with("other_")) continue;
    const auto chosen = compare(results, "static", name).chosen;
    add_row(table, results, name, name,
            chosen ? chosen : best(candidates(results, name, {}), kSmall));
  }
  return table;
}

scoring::Scatter plot_of(const Results& results) {
  const auto& tasks = results.study.analysis.tasks;
  scoring::Scatter plot;
  plot.title = "Test losses at the end of training, means over seeds";
  plot.description = "Every point is a mixture and a rate; lower left is better.";
  plot.x = {"test loss, " + tasks[kLarge], false};
  plot.y = {"test loss, " + tasks[kSmall], false};
  for (const auto& group : results.groups) {
    if (group.run.group.starts_with("other_")) continue;
    scoring::ScatterSeries series{group.run.group, {}};
    for (const auto& candidate : candidates(results, group.run.group, {})) {
      series.points.push_back({candidate.mean(&Reading::test, kLarge),
                               candidate.mean(&Reading::test, kSmall), 0, 0,
                               describe(candidate.point, group.run)});
    }
    plot.series.push_back(std::move(series));
  }
  scoring::ScatterSeries early{"static, stopped early for " + tasks[kSmall], {}};
  for (const auto& candidate : candidates(results, "static", kSmall)) {
    early.points.push_back({candidate.mean(&Reading::test, kLarge),
                            candidate.mean(&Reading::test, kSmall), 0, 0,
                            describe(candidate.point, results.group("static").run)});
  }
  plot.series.push_back(std::move(early));
  return plot;
}

Findings analyse(const Results& results) {
  const auto& tasks = results.study.analysis.tasks;
  Findings findings;
  const auto phased = compare(results, "static", "phased");
  if (phased.chosen) {
    put(findings, "small_gain", gains(phased, false),
        "test loss of " + tasks[kSmall] + ": best static run less the phased run");
    put(findings, "large_ratio", large_ratios(phased),
        "test loss of " + tasks[kLarge] + ": phased run over the best static run");
  } else if (phased.large) {
    findings.remarks.push_back("No phased point keeps the large task within the slack.");
  }
  if (results.has("restart")) {
    if (const auto restart = compare(results, "static", "restart"); restart.chosen) {
      put(findings, "restart_gain", gains(restart, false),
          "the same for a mixture throughout with the reset alone");
    } else if (restart.large) {
      findings.statistics["restart_gain"] =
          Statistic::exact(-kInfinity, "no restarted run keeps the large task within the slack");
    }
  }
  if (results.has("other_phased")) {
    if (const auto other = compare(results, "other_static", "other_phased"); other.chosen) {
      put(findings, "other_relative_gain", gains(other, true),
          "where it should not help: relative gain of the phased run");
    } else if (other.large) {
      findings.statistics["other_relative_gain"] = Statistic::exact(
          -kInfinity, "where it should not help: no phased run keeps the large task");
    }
  }
  findings.tables = {table_of(results, phased)};
  findings.plots = {{"losses", plot_of(results)}};
  return findings;
}

}  // namespace

const Analysis kOrderAnalysis{
    "order", {"small_gain", "large_ratio", "restart_gain", "other_relative_gain"}, analyse};

}  // namespace timetrial::study
