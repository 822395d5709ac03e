#include "scoring/score.h"

#include "harness/trial/error.h"
#include "harness/trial/suggest.h"
#include "scoring/speedup.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string_view>

namespace timetrial::scoring {
namespace {

std::size_t index_of(const Results& results, const std::string& submission) {
  const auto& names = results.submissions;
  const auto at = std::find(names.begin(), names.end(), submission);
  if (at == names.end()) throw InputError(unknown_name("submission", submission, names));
  return static_cast<std::size_t>(at - names.begin());
}

std::vector<std::size_t> scored_workloads(const Results& results) {
  std::vector<std::size_t> scored;
  for (std::size_t w = 0; w < results.workloads.size(); ++w) {
    if (results.workloads[w].base.empty()) scored.push_back(w);
  }
  return scored;
}

void check(const Results& results, const Options& options) {
  if (!(options.tau_max > 1) || !std::isfinite(options.tau_max)) {
    throw InputError(
        fmt::format("tau limit {}: expected a number above 1 (AlgoPerf's is 4); ratios begin at 1",
                    options.tau_max));
  }
  if (options.resamples < 0) {
    throw InputError(
        fmt::format("{} resamples: expected 0 (no intervals) or more", options.resamples));
  }
  if (results.submissions.empty() || scored_workloads(results).empty()) {
    throw InputError(fmt::format(
        "sweep '{}' has {} submissions and {} workloads; a score needs at least one of each",
        results.provenance.sweep, results.submissions.size(), scored_workloads(results).size()));
  }
}

Field make_field(const Results& results, const Options& options) {
  Field field;
  for (const auto& workload : results.workloads) {
    const auto base = std::find_if(results.workloads.begin(), results.workloads.end(),
                                   [&](const auto& other) { return other.name == workload.base; });
    if (!workload.base.empty() && base == results.workloads.end()) {
      throw InputError(
          fmt::format("workload '{}' is a held-out variant of '{}', which is not there",
                      workload.name, workload.base));
    }
    field.base_of.push_back(workload.base.empty()
                                ? Field::kScored
                                : static_cast<int>(base - results.workloads.begin()));
  }
  field.competes.assign(results.submissions.size(), 1);
  field.is_reference.assign(results.submissions.size(), options.reference_set.empty() ? 1 : 0);
  field.fixed_reference = !options.reference_set.empty();
  for (const auto& name : options.reference_set) field.is_reference[index_of(results, name)] = 1;
  field.cap = options.tau_max;
  return field;
}

std::vector<double> medians_of(const std::vector<CellTime>& times) {
  std::vector<double> medians;
  medians.reserve(times.size());
  for (const auto& cell : times) medians.push_back(cell.median_s);
  return medians;
}

void add_costs(const Results& results, std::vector<ScoreRow>& rows) {
  std::map<std::string_view, ScoreRow*> by_name;
  for (auto& row : rows) by_name[row.submission] = &row;
  for (const auto& cell : results.cells) {
    const auto row = by_name.find(cell.submission);
    if (row == by_name.end()) continue;
    for (const auto& study : cell.studies) {
      for (const auto& trial : study.trials) {
        row->second->submission_time_s += trial.submission_time_s;
        row->second->evaluation_time_s += trial.evaluation_time_s;
      }
    }
  }
}

ScoreRow make_row(const std::string& submission, std::span<const double> ratios,
                  const Options& options) {
  ScoreRow row;
  row.submission = submission;
  row.score = is_compat(options.mode) ? grid_score(ratios) : profile_score(ratios, options.tau_max);
  row.reached = static_cast<int>(
      std::count_if(ratios.begin(), ratios.end(), [](double r) { return std::isfinite(r); }));
  row.mean_ratio = geometric_mean_of_finite(ratios);
  row.profile = profile(ratios, options.tau_max);
  row.ratios.assign(ratios.begin(), ratios.end());
  return row;
}

/// The submissions by rank, then name.
std::vector<std::size_t> by_rank(const std::vector<ScoreRow>& rows) {
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return rows[a].rank != rows[b].rank ? rows[a].rank < rows[b].rank
                                        : rows[a].submission < rows[b].submission;
  });
  return order;
}

void add_uncertainty(const Field& field, ScoreTable& table, const Results& results) {
  std::vector<std::vector<double>> studies;
  std::size_t most = 0;
  for (const auto& cell : table.times) {
    studies.push_back(study_times(cell, table.options));
    most = std::max(most, studies.back().size());
  }
  if (most < 2) {
    table.interval_status = fmt::format("{} {}: no interval", results.planned_studies,
                                        results.planned_studies == 1 ? "study" : "studies");
    return;
  }
  if (table.options.resamples == 0) {
    table.interval_status = "no interval was asked for";
    return;
  }
  const auto uncertainty = bootstrap(field, studies, table.options);
  for (std::size_t s = 0; s < table.rows.size(); ++s) {
    table.rows[s].score_interval = uncertainty.score[s];
    table.rows[s].rank_interval = uncertainty.rank[s];
    table.rows[s].first = uncertainty.first[s];
  }
  table.same_order = uncertainty.same_order;
  table.interval_status = fmt::format("95 % bootstrap over studies, {} resamples, seed {}",
                                      table.options.resamples, table.options.seed);
}

/// Whether two of those in `order` (by rank) change places when their ranks become `ranks`.
bool reorders(const std::vector<std::size_t>& order, const std::vector<ScoreRow>& rows,
              const std::vector<int>& ranks, std::size_t left_out) {
  int worst_before = 0;  // new rank of those with a better rank than the one at hand
  int worst = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && rows[order[i]].rank > rows[order[i - 1]].rank) worst_before = worst;
    if (order[i] == left_out) continue;
    if (ranks[order[i]] < worst_before) return true;
    worst = std::max(worst, ranks[order[i]]);
  }
  return false;
}

/// `order`: the submissions as they are ranked; rows of the result follow it. Scores are computed
/// anew only without one that sets a best: no other's absence changes them.
std::vector<LeftOut> leave_one_out(Field field, const std::vector<double>& medians,
                                   const std::vector<std::size_t>& order, const ScoreTable& table) {
  std::vector<LeftOut> result;
  if (order.size() < 2) return result;
  const auto sets_best = sets_a_best_alone(field, medians);
  const auto with_all = field_scores(field, medians, table.options);
  for (const std::size_t out : order) {
    LeftOut left{table.rows[out].submission, {}, {}, false};
    field.competes[out] = 0;
    const auto without = sets_best[out] ? field_scores(field, medians, table.options) : with_all;
    const auto ranks = ranks_of(field, without);
    for (const std::size_t s : order) {
      left.scores.push_back(s == out ? std::nan("") : without[s]);
      left.ranks.push_back(s == out ? 0 : ranks[s]);
    }
    left.reorders = reorders(order, table.rows, ranks, out);
    field.competes[out] = 1;
    result.push_back(std::move(left));
  }
  return result;
}

std::vector<std::vector<int>> count_wins(const ScoreTable& table, std::size_t columns,
                                         const std::vector<std::size_t>& order) {
  std::vector<std::vector<int>> wins;
  for (const std::size_t a : order) {
    auto& row = wins.emplace_back();
    for (const std::size_t b : order) {
      row.push_back(static_cast<int>(
          std::count_if(table.scored.begin(), table.scored.end(), [&](std::size_t w) {
            return table.counted[a * columns + w].counted_s <
                   table.counted[b * columns + w].counted_s;
          })));
    }
  }
  return wins;
}

Informativeness inform(const ScoreTable& table, std::size_t workload, std::size_t columns,
                       const std::string& name) {
  Informativeness result;
  result.workload = name;
  std::vector<double> logs;
  double squares = 0;
  int freedom = 0;
  for (std::size_t at = workload; at < table.times.size(); at += columns) {
    const auto& cell = table.times[at];
    if (std::isfinite(cell.median_s) && cell.median_s > 0) logs.push_back(std::log(cell.median_s));
    std::vector<double> own;
    for (const double t : study_times(cell, table.options)) {
      if (std::isfinite(t) && t > 0) own.push_back(std::log(t));
    }
    if (own.size() < 2) continue;
    const double mean =
        std::accumulate(own.begin(), own.end(), 0.0) / static_cast<double>(own.size());
    for (const double x : own) squares += (x - mean) * (x - mean);
    freedom += static_cast<int>(own.size()) - 1;
  }
  result.reached_by = static_cast<int>(logs.size());
  result.within = freedom > 0 ? std::sqrt(squares / freedom) : std::nan("");
  if (logs.size() < 2) {
    result.between = std::nan("");
    return result;
  }
  const auto [low, high] = std::minmax_element(logs.begin(), logs.end());
  result.spread = std::exp(*high - *low);
  const double mean =
      std::accumulate(logs.begin(), logs.end(), 0.0) / static_cast<double>(logs.size());
  double between = 0;
  for (const double x : logs) between += (x - mean) * (x - mean);
  result.between = std::sqrt(between / static_cast<double>(logs.size() - 1));
  return result;
}

void add_baseline(const Results& results, ScoreTable& table) {
  const auto& names = results.submissions;
  table.baseline = table.options.baseline;
  if (table.baseline.empty() && std::find(names.begin(), names.end(), "baseline") != names.end()) {
    table.baseline = "baseline";
  }
  if (table.baseline.empty()) return;
  const std::size_t baseline = index_of(results, table.baseline);
  const auto stand_ins = times_of_a_miss(results, table.options.mode);
  const auto medians = medians_of(table.times);
  for (std::size_t s = 0; s < table.rows.size(); ++s) {
    table.rows[s].time_to_baseline =
        mean_time_ratio(medians, results.workloads.size(), s, baseline, table.scored, stand_ins);
  }
}

}  // namespace

ScoreTable score(const Results& results, const Options& options) {
  check(results, options);
  ScoreTable table;
  table.options = options;
  table.scored = scored_workloads(results);
  table.times = times_to_target(results, options);
  const auto field = make_field(results, options);
  const auto medians = medians_of(table.times);

  auto counted = medians;
  std::vector<Exclusion> why;
  apply_gates(field, counted, &why);
  for (std::size_t i = 0; i < counted.size(); ++i) {
    table.counted.push_back({std::isnan(counted[i]) ? kNever : counted[i], why[i]});
  }
  const auto ratios = ratios_to_best(field, counted);
  std::vector<double> scores;
  for (std::size_t s = 0; s < results.submissions.size(); ++s) {
    const std::span<const double> own(ratios.data() + s * table.scored.size(), table.scored.size());
    table.rows.push_back(make_row(results.submissions[s], own, options));
    scores.push_back(table.rows.back().score);
  }
  const auto ranks = ranks_of(field, scores);
  for (std::size_t s = 0; s < ranks.size(); ++s) table.rows[s].rank = ranks[s];

  add_costs(results, table.rows);
  add_baseline(results, table);
  add_uncertainty(field, table, results);
  const auto order = by_rank(table.rows);
  table.leave_one_out = leave_one_out(field, medians, order, table);
  table.wins = count_wins(table, results.workloads.size(), order);
  for (const std::size_t w : table.scored) {
    table.informativeness.push_back(
        inform(table, w, results.workloads.size(), results.workloads[w].name));
  }
  std::vector<ScoreRow> sorted;
  for (const std::size_t s : order) sorted.push_back(std::move(table.rows[s]));
  table.rows = std::move(sorted);
  return table;
}

}  // namespace timetrial::scoring
