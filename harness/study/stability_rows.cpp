#include "harness/study/stability_rows.h"

#include "harness/study/rate_curves.h"
#include "scoring/divergence.h"

#include <fmt/core.h>

#include <cmath>
#include <optional>

namespace timetrial::study {
namespace {

using scoring::DivergenceKind;

scoring::TrialEnding ending_of(const Result& result, const AnalysisTerms& terms) {
  scoring::TrialEnding ending;
  if (result.outcome.kind == OutcomeKind::diverged) ending.not_finite_at = result.outcome.step;
  if (result.evaluations.empty()) return ending;
  const double metric = last_value(result, "test/" + terms.word("metric"));
  if (std::isfinite(metric)) {
    ending.metric = metric;
    ending.metric_step = result.evaluations.back().step;
    ending.limit = scoring::MetricLimit{terms.number("metric_limit"), true};
  }
  return ending;
}

double share(int count, const Cell& cell) { return static_cast<double>(count) / cell.runs; }

/// The lowest rate at which at least half of the runs diverge.
std::optional<double> first_bad_rate(const Row& row) {
  for (const auto& [rate, cell] : row) {
    if (2 * cell.full >= cell.runs) return rate;
  }
  return std::nullopt;
}

std::string of_runs(int count, const Cell& cell) {
  return fmt::format("{} of {}", count, cell.runs);
}

std::vector<scoring::TableCell> ablation_row(const std::string& group, const Row& row,
                                             const Cell& cell) {
  int runs = 0;
  for (const auto& [rate, at_rate] : row) runs += at_rate.runs;
  return {
      {group, {}},
      {of_runs(cell.full, cell), share(cell.full, cell)},
      {of_runs(cell.by_losses, cell), share(cell.by_losses, cell)},
      {fmt::format("{} of {}", diverged(row), runs), static_cast<double>(diverged(row)) / runs}};
}

}  // namespace

Row row_of(const Group& group, const AnalysisTerms& terms) {
  Row row;
  for (const auto& result : group.results) {
    Cell& cell = row[rate_of(result.point)];
    const auto found = scoring::find_divergence(result.losses, ending_of(result, terms));
    const bool full = found.kind == DivergenceKind::full;
    ++cell.runs;
    cell.full += full;
    cell.by_losses += full && found.sign != scoring::DivergenceSign::metric_beyond_limit;
    cell.micro += found.kind == DivergenceKind::micro;
    const double validation = last_value(result, "validation/" + terms.word("metric"));
    const double test = last_value(result, "test/" + terms.word("metric"));
    if (std::isfinite(validation) && std::isfinite(test)) {
      cell.validation.push_back(validation);
      cell.test.push_back(test);
    }
  }
  return row;
}

int diverged(const Row& row) {
  int count = 0;
  for (const auto& [rate, cell] : row) count += cell.full;
  return count;
}

void add_ablations(const Results& results, const Rows& rows, Findings& findings) {
  const auto& reference = results.study.analysis.word("reference");
  const auto rate = first_bad_rate(rows.at(reference));
  if (!rate) return;
  const Cell& whole = rows.at(reference).at(*rate);
  scoring::TextTable table;
  table.id = "ablation";
  table.caption = fmt::format(
      "Runs that diverged fully at the rate {:g}, the lowest at which at least half of {} do; "
      "those "
      "of them that diverged by their losses, whatever the metric; and at all rates.",
      *rate, reference);
  table.columns = {{"Model"}, {"Diverged", true}, {"By losses", true}, {"At all rates", true}};
  table.rows.push_back(ablation_row(reference, rows.at(reference), whole));
  int smaller = 0, less = 0, less_by_losses = 0;
  for (const auto& group : results.groups) {
    if (!group.run.group.starts_with(reference + ", ")) continue;
    const Row& row = rows.at(group.run.group);
    const auto cell = row.find(*rate);
    if (cell == row.end()) continue;
    table.rows.push_back(ablation_row(group.run.group, row, cell->second));
    ++smaller;
    less += share(cell->second.full, cell->second) < share(whole.full, whole);
    less_by_losses += share(cell->second.by_losses, cell->second) < share(whole.by_losses, whole);
  }
  if (smaller == 0) return;
  findings.tables.push_back(std::move(table));
  auto& statistics = findings.statistics;
  statistics["smaller_models"] =
      Statistic::exact(smaller, fmt::format("smaller models that {} ran on", reference));
  statistics["smaller_that_diverge_less"] = Statistic::exact(
      less, fmt::format("of them, those that diverge less often at the rate {:g}", *rate));
  if (whole.by_losses == 0) return;  // nothing that could be less
  statistics["smaller_that_diverge_less_by_losses"] =
      Statistic::exact(less_by_losses, "the same by their losses alone, whatever the metric");
}

}  // namespace timetrial::study
