#include "harness/study/sparse_grids.h"

#include <fmt/core.h>

#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

namespace timetrial::study {
namespace {

constexpr int kGrids = 10;
constexpr double kBases[] = {1e-3, 1e-2, 1e-1};
constexpr const char* kRate = "learning_rate";

struct LossPair {
  double validation = std::nan(""), test = std::nan("");
  bool finite() const { return std::isfinite(validation) && std::isfinite(test); }
};

/// Losses by rate in millionths, which compares equal however it was computed; then by seed.
using Curve = std::map<std::int64_t, std::map<int, LossPair>>;

std::int64_t key_of(double rate) { return std::llround(rate * 1e6); }

double mean_loss(const Result& result, const AnalysisTerms& terms, const char* split) {
  double sum = 0;
  for (const auto& metric : terms.metrics) {
    sum += last_value(result, fmt::format("{}/{}", split, metric));
  }
  return sum / static_cast<double>(terms.metrics.size());
}

tuning::Point without_rate(tuning::Point point) {
  point.erase(kRate);
  return point;
}

Curve curve_of(const Group& front, const Group& rates, const AnalysisTerms& terms) {
  Curve curve;
  if (rates.run.points.empty()) return curve;
  const auto common = without_rate(rates.run.points.front());
  for (const Group* group : {&rates, &front}) {
    for (const auto& result : group->results) {
      const auto rate = result.point.find(kRate);
      if (rate == result.point.end() || without_rate(result.point) != common) continue;
      curve[key_of(rate->second)][result.seed] = {mean_loss(result, terms, "validation"),
                                                  mean_loss(result, terms, "test")};
    }
  }
  return curve;
}

std::optional<double> deviation(const std::vector<double>& values) {
  if (values.size() < 2) return std::nullopt;
  const auto n = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / n;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / (n - 1));
}

struct Choice {
  double rate = 0, test = 0;
};

/// What a grid's owner reports with one seed; nothing where a run is missing or none was finite.
std::optional<Choice> choose(const Curve& curve, int grid, int seed) {
  std::optional<Choice> best;
  double least = std::numeric_limits<double>::infinity();
  for (const double base : kBases) {
    const double rate = grid * base;
    const auto cell = curve.find(key_of(rate));
    if (cell == curve.end()) return std::nullopt;
    const auto loss = cell->second.find(seed);
    if (loss == cell->second.end()) return std::nullopt;
    if (!loss->second.finite() || loss->second.validation >= least) continue;
    least = loss->second.validation;
    best = {rate, loss->second.test};
  }
  return best;
}

/// Test losses of the seeds at the rate with the best mean on validation, of those that every seed
/// survived.
std::vector<double> at_best_rate(const Curve& curve, int seeds) {
  std::vector<double> best;
  double least = std::numeric_limits<double>::infinity();
  for (const auto& [rate, losses] : curve) {
    std::vector<double> test;
    double validation = 0;
    for (const auto& [seed, loss] : losses) {
      if (!loss.finite()) continue;
      validation += loss.validation / seeds;
      test.push_back(loss.test);
    }
    if (static_cast<int>(test.size()) != seeds || validation >= least) continue;
    least = validation;
    best = test;
  }
  return best;
}

scoring::TextTable table_of(const std::vector<std::vector<Choice>>& by_seed) {
  scoring::TextTable table;
  table.id = "grids";
  table.caption =
      "Best of three rates k · {0.001, 0.01, 0.1} with equal weights: the test loss, mean over "
      "tasks and seeds, and which of the three validation chose, by seed.";
  table.columns = {{"k", true}, {"Test loss", true}, {"Rates chosen"}};
  for (std::size_t grid = 0; grid < kGrids; ++grid) {
    double loss = 0;
    std::string rates;
    for (const auto& choices : by_seed) {
      loss += choices[grid].test / static_cast<double>(by_seed.size());
      rates += fmt::format("{}{:g}", rates.empty() ? "" : ", ", choices[grid].rate);
    }
    const auto k = static_cast<double>(grid + 1);
    table.rows.push_back(
        {{fmt::format("{}", k), k}, {fmt::format("{:.4f}", loss), loss}, {rates, {}}});
  }
  return table;
}

}  // namespace

void add_sparse_grids(const Group& front, const Group& rates, const AnalysisTerms& terms,
                      Findings& findings) {
  const Curve curve = curve_of(front, rates, terms);
  if (curve.empty()) return;
  std::vector<std::vector<Choice>> by_seed;
  std::vector<double> deviations;
  for (const auto& [seed, loss] : curve.begin()->second) {
    std::vector<Choice> choices;
    std::vector<double> losses;
    for (int grid = 1; grid <= kGrids; ++grid) {
      const auto choice = choose(curve, grid, seed);
      if (!choice) return;
      choices.push_back(*choice);
      losses.push_back(choice->test);
    }
    deviations.push_back(*deviation(losses));
    by_seed.push_back(std::move(choices));
  }
  const auto seeds = deviation(at_best_rate(curve, static_cast<int>(by_seed.size())));
  if (!seeds || *seeds <= 0) return;
  auto& statistics = findings.statistics;
  statistics["grid_deviation"] =
      *mean_interval(deviations,
                     "standard deviation of the best test loss over ten sparse grids of "
                     "rates, a seed at a time");
  statistics["seed_deviation"] =
      Statistic::exact(*seeds, "standard deviation of the test loss over seeds at the best rate");
  for (double& value : deviations) value /= *seeds;
  statistics["grid_to_seed_ratio"] =
      *mean_interval(deviations,
                     "the first over the second: what a sparse grid leaves to chance, "
                     "in units of what a seed does");
  findings.tables.push_back(table_of(by_seed));
}

}  // namespace timetrial::study
