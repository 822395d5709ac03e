// Where the best value of a number lies, such as alpha of attention by ReLU over L^alpha, and
// whether it moves towards an expected one with the length of sequences and with that of training.
//
// Groups   one for each cell (one length of both kinds) and value, with one point
// Metrics  what is compared, of one task
// Words    lengths    cells, separated by blanks, by rising length of sequences
//          trainings  cells by rising length of training
//          <cell>     its groups
//          control, control_reference   two groups that differ by next to nothing
// Numbers  <group>           its value
//          expected          the value that the claim has
//          higher_is_better  0 or 1: of the metric
//
// The best value of a cell is that with the best mean over seeds on validation, the first among
// equals. Differences are of test metrics, seed by seed.
#include "harness/study/analysis.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace timetrial::study {
namespace {

/// One value in one cell: a number for each seed.
struct Tried {
  double value = 0;
  std::vector<double> validation, test;
};

struct Cell {
  std::string name;
  std::vector<Tried> tried;
  const Tried *best = nullptr, *worst = nullptr;  ///< none while a run is missing
};

Tried tried(const Results& results, const std::string& name) {
  const auto& terms = results.study.analysis;
  const auto& metric = terms.metrics.front();
  Tried found{terms.number(name), {}, {}};
  for (const auto& result : results.group(name).results) {
    found.validation.push_back(last_value(result, "validation/" + metric));
    found.test.push_back(last_value(result, "test/" + metric));
  }
  return found;
}

bool is_whole(const Tried& one, const Results& results) {
  const auto finite = [](double value) { return std::isfinite(value); };
  return static_cast<int>(one.test.size()) == results.study.seeds &&
         std::all_of(one.validation.begin(), one.validation.end(), finite) &&
         std::all_of(one.test.begin(), one.test.end(), finite);
}

Cell cell_of(const Results& results, const std::string& name) {
  const auto& terms = results.study.analysis;
  const double sign = terms.number("higher_is_better") != 0 ? 1 : -1;
  Cell cell{name, {}};
  for (const auto& group : words_of(terms.word(name))) cell.tried.push_back(tried(results, group));
  const auto whole = [&](const Tried& one) { return is_whole(one, results); };
  if (cell.tried.empty() || !std::all_of(cell.tried.begin(), cell.tried.end(), whole)) return cell;
  cell.best = cell.worst = &cell.tried.front();
  for (const auto& one : cell.tried) {
    const double quality = sign * mean(one.validation);
    if (quality > sign * mean(cell.best->validation)) cell.best = &one;
    if (quality < sign * mean(cell.worst->validation)) cell.worst = &one;
  }
  return cell;
}

std::vector<Cell> cells_of(const Results& results, const std::string& word) {
  std::vector<Cell> cells;
  for (const auto& name : words_of(results.study.analysis.word(word))) {
    cells.push_back(cell_of(results, name));
  }
  return cells;
}

std::vector<double> differences(const Tried& one, const Tried& other) {
  std::vector<double> values;
  for (std::size_t seed = 0; seed < one.test.size(); ++seed) {
    values.push_back(one.test[seed] - other.test[seed]);
  }
  return values;
}

void put(Findings& findings, const std::string& name, const std::vector<double>& values,
         const std::string& meaning) {
  if (auto statistic = mean_interval(values, meaning)) findings.statistics[name] = *statistic;
}

/// `kind` is "length" or "training".
void add_curve(const Results& results, const std::vector<Cell>& cells, const std::string& kind,
               Findings& findings) {
  if (cells.empty()) return;
  const double expected = results.study.analysis.number("expected");
  const Cell &first = cells.front(), &last = cells.back();
  auto& statistics = findings.statistics;
  const auto add_best = [&](const Cell& cell, const std::string& name) {
    if (cell.best == nullptr) return;
    statistics[name + "_" + kind + "_best"] =
        Statistic::exact(cell.best->value, "best on validation: " + cell.name);
  };
  add_best(first, "first");
  add_best(last, "last");
  if (last.best != nullptr) {
    put(findings, "last_" + kind + "_spread", differences(*last.best, *last.worst),
        fmt::format("test {} of the best value less that of the worst, {:g} and {:g}: {}",
                    results.study.analysis.metrics.front(), last.best->value, last.worst->value,
                    last.name));
  }
  if (first.best == nullptr || last.best == nullptr) return;
  statistics[kind + "_approach"] = Statistic::exact(
      std::abs(first.best->value - expected) - std::abs(last.best->value - expected),
      fmt::format("by how much the best value is nearer to {:g} in {} than in {}", expected,
                  last.name, first.name));
}

std::string spread(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", mean(values), *low, *high);
}

scoring::TextTable table_of(const Results& results, const std::vector<Cell>& cells,
                            const std::string& kind) {
  scoring::TextTable table;
  table.id = kind;
  table.caption = fmt::format(
      "Validation {} by value, means over seeds [smallest, largest], by rising length of {}.",
      results.study.analysis.metrics.front(), kind == "length" ? "sequences" : "training");
  table.columns = {{"Cell"}, {"Best", true}};
  if (cells.empty()) return table;
  for (const auto& one : cells.front().tried) {
    table.columns.push_back({fmt::format("{:g}", one.value), true});
  }
  for (const auto& cell : cells) {
    std::vector<scoring::TableCell> row{{cell.name, {}}};
    row.push_back({cell.best == nullptr ? "–" : fmt::format("{:g}", cell.best->value), {}});
    for (const auto& one : cell.tried) {
      row.push_back({one.validation.empty() ? "–" : spread(one.validation), {}});
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// Test metrics by value, a line for each cell.
scoring::Scatter plot_of(const Results& results, const std::vector<Cell>& cells,
                         const std::string& kind) {
  const auto& metric = results.study.analysis.metrics.front();
  scoring::Scatter plot;
  plot.title = fmt::format("Test {} by value and length of {}", metric,
                           kind == "length" ? "sequences" : "training");
  plot.description = "Means over seeds.";
  plot.x = {"value", false};
  plot.y = {"test " + metric, false};
  for (const auto& cell : cells) {
    scoring::ScatterSeries series{cell.name, {}, true};
    for (const auto& one : cell.tried) {
      if (one.test.empty()) continue;
      const double height = mean(one.test);
      series.points.push_back(
          {one.value, height, 0, 0, fmt::format("{}, {:g}: {:.3f}", cell.name, one.value, height)});
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

Findings analyse(const Results& results) {
  const auto& terms = results.study.analysis;
  Findings findings;
  for (const auto& [kind, word] :
       {std::pair<std::string, std::string>{"length", "lengths"}, {"training", "trainings"}}) {
    const auto cells = cells_of(results, word);
    add_curve(results, cells, kind, findings);
    findings.tables.push_back(table_of(results, cells, kind));
    findings.plots.emplace_back(kind, plot_of(results, cells, kind));
  }
  const auto control = tried(results, terms.word("control")),
             reference = tried(results, terms.word("control_reference"));
  if (is_whole(control, results) && is_whole(reference, results)) {
    put(findings, "control_difference", differences(control, reference),
        "test " + terms.metrics.front() + " of two groups that differ by next to nothing");
  }
  return findings;
}

}  // namespace

const Analysis kOptimumAnalysis{"optimum",
                                {"first_length_best", "last_length_best", "last_length_spread",
                                 "length_approach", "first_training_best", "last_training_best",
                                 "last_training_spread", "training_approach", "control_difference"},
                                analyse};

}  // namespace timetrial::study
