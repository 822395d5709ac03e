// Whether a way of clipping lets a ranking model train at rates at which it diverges otherwise.
//
// Groups   one for each method, all with the same rates (hyperparameter learning_rate)
// Words    reference  the group without clipping
//          subject    the group that is to do better
//          rivals     groups, separated by blanks, whose best metric the subject must exceed
//          metric     such as "auc", higher is better
//          control    a group that clips in name only, which must diverge
//          Groups "<reference>, <name>" are the reference on smaller models: stability_rows.h
// Numbers  metric_limit   a test metric below it is a full divergence
//
// A run diverges by scoring/divergence.h's rule, from its training losses and its last metric. A
// rate is stable when no seed diverges at it nor at any lower rate that was tried. A method's
// metric is the test metric at the rate that is best on validation.
//
// Source   Tang et al. 2023, "Improving Training Stability for Multitask Ranking Models in
//          Recommender Systems"
#include "harness/study/analysis.h"
#include "harness/study/stability_rows.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

namespace timetrial::study {
namespace {

/// Nothing when the lowest rate diverges.
std::optional<double> largest_stable(const Row& row) {
  std::optional<double> largest;
  for (const auto& [rate, cell] : row) {
    if (cell.full > 0) break;
    largest = rate;
  }
  return largest;
}

/// The rate with the best mean on validation, among those that every seed survived.
const Cell* best_cell(const Row& row, double* rate = nullptr) {
  const Cell* best = nullptr;
  for (const auto& [at, cell] : row) {
    if (!cell.complete()) continue;
    if (best == nullptr || mean(cell.validation) > mean(best->validation)) {
      best = &cell;
      if (rate != nullptr) *rate = at;
    }
  }
  return best;
}

std::string cell_text(const Cell& cell) {
  std::string text = cell.test.empty() ? "–" : fmt::format("{:.3f}", mean(cell.test));
  if (cell.full > 0) text += fmt::format(" ({} full)", cell.full);
  if (cell.micro > 0) text += fmt::format(" ({} micro)", cell.micro);
  return text;
}

scoring::TextTable table_of(const Results& results, const Rows& rows) {
  std::set<double> rates;
  for (const auto& [group, row] : rows) {
    for (const auto& [rate, cell] : row) rates.insert(rate);
  }
  scoring::TextTable table;
  table.id = "stability";
  table.caption = fmt::format(
      "Mean test {} over the seeds that were measured, by learning rate; how many runs diverged "
      "fully or for a while.",
      results.study.analysis.word("metric"));
  table.columns = {{"Method"}, {"Diverged", true}, {"Best", true}};
  for (const double rate : rates) table.columns.push_back({fmt::format("{:g}", rate), true});
  for (const auto& group : results.groups) {
    const Row& row = rows.at(group.run.group);
    int runs = 0;
    for (const auto& [rate, cell] : row) runs += cell.runs;
    double at = 0;
    const Cell* best = best_cell(row, &at);
    std::vector<scoring::TableCell> cells{
        {group.run.group, {}},
        {fmt::format("{} of {}", diverged(row), runs), double(diverged(row))},
        {best ? fmt::format("{:.3f} ({:g})", mean(best->test), at) : "–",
         best ? std::optional(mean(best->test)) : std::nullopt}};
    for (const double rate : rates) {
      const auto found = row.find(rate);
      cells.push_back({found == row.end() ? "" : cell_text(found->second), {}});
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

scoring::Scatter plot_of(const Results& results, const Rows& rows) {
  scoring::Scatter plot;
  const auto& metric = results.study.analysis.word("metric");
  plot.title = "Test " + metric + " against the learning rate";
  plot.description = "Means over the seeds that were measured.";
  plot.x = {"learning rate", true};
  plot.y = {"test " + metric, false};
  for (const auto& group : results.groups) {
    scoring::ScatterSeries series{group.run.group, {}, true};
    for (const auto& [rate, cell] : rows.at(group.run.group)) {
      series.points.push_back(
          {rate, mean(cell.test), 0, 0,
           fmt::format("{}, rate {:g}: {}", group.run.group, rate, cell_text(cell))});
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

/// By seed: the subject's best less the best of the rivals, each at its rate.
void compare_metrics(const Rows& rows, const AnalysisTerms& terms, Findings& findings) {
  const Cell* subject = best_cell(rows.at(terms.word("subject")));
  const Cell* rival = nullptr;
  for (const auto& name : words_of(terms.word("rivals"))) {
    const auto found = rows.find(name);
    if (found == rows.end()) continue;
    const Cell* cell = best_cell(found->second);
    if (cell != nullptr && (!rival || mean(cell->validation) > mean(rival->validation))) {
      rival = cell;
    }
  }
  if (subject == nullptr || rival == nullptr || subject->test.size() != rival->test.size()) return;
  std::vector<double> margins;
  for (std::size_t seed = 0; seed < subject->test.size(); ++seed) {
    margins.push_back(subject->test[seed] - rival->test[seed]);
  }
  if (auto margin = mean_interval(margins, "best test " + terms.word("metric") +
                                               " of the subject less the best of its rivals")) {
    findings.statistics["metric_margin"] = *margin;
  }
}

Findings analyse(const Results& results) {
  const auto& terms = results.study.analysis;
  Findings findings;
  Rows rows;
  for (const auto& group : results.groups) rows[group.run.group] = row_of(group, terms);
  const auto &reference = results.group(terms.word("reference")),
             &subject = results.group(terms.word("subject"));
  const Row &plain = rows.at(reference.run.group), &clipped = rows.at(subject.run.group);
  auto& statistics = findings.statistics;
  statistics["reference_diverged"] =
      Statistic::exact(diverged(plain), "runs of " + reference.run.group + " that diverged fully");
  statistics["reference_diverged_share"] = Statistic::exact(
      static_cast<double>(diverged(plain)) / static_cast<double>(reference.results.size()),
      "of the runs of " + reference.run.group + ", those that diverged fully");
  statistics["subject_diverged"] =
      Statistic::exact(diverged(clipped), "runs of " + subject.run.group + " that diverged fully");
  const auto& control = terms.word("control");
  results.group(control);  // or the study's file is wrong
  statistics["control_diverged"] =
      Statistic::exact(diverged(rows.at(control)), "runs of " + control + " that diverged fully");
  const auto stable = largest_stable(plain), stable_clipped = largest_stable(clipped);
  if (stable_clipped && stable) {
    statistics["stable_rate_ratio"] = Statistic::exact(
        *stable_clipped / *stable,
        fmt::format("largest stable rate, {} over {} ({:g} and {:g})", subject.run.group,
                    reference.run.group, *stable_clipped, *stable));
  }
  compare_metrics(rows, terms, findings);
  findings.tables = {table_of(results, rows)};
  add_ablations(results, rows, findings);
  findings.plots = {{"rates", plot_of(results, rows)}};
  return findings;
}

}  // namespace

const Analysis kStabilityAnalysis{
    "stability",
    {"reference_diverged", "reference_diverged_share", "subject_diverged", "control_diverged",
     "stable_rate_ratio", "metric_margin", "smaller_models", "smaller_that_diverge_less",
     "smaller_that_diverge_less_by_losses"},
    analyse};

}  // namespace timetrial::study
