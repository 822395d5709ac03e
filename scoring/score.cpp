#include "scoring/score.h"

#include "harness/trial/error.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

namespace timetrial::scoring {
namespace {

void check(const Results& results, const Options& options) {
  if (!(options.tau_max > 1) || !std::isfinite(options.tau_max)) {
    throw InputError(
        fmt::format("tau limit {}: expected a number above 1 (AlgoPerf's is 4); ratios begin at 1",
                    options.tau_max));
  }
  if (results.submissions.empty() || results.workloads.empty()) {
    throw InputError(fmt::format(
        "sweep '{}' has {} submissions and {} workloads; a score needs at least one of each",
        results.provenance.sweep, results.submissions.size(), results.workloads.size()));
  }
}

TimeMatrix matrix(const std::vector<CellTime>& times, std::size_t workloads) {
  TimeMatrix result;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (i % workloads == 0) result.emplace_back();
    result.back().push_back(times[i].median_s);
  }
  return result;
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

ScoreRow make_row(const std::string& submission, std::vector<double> ratios, double tau_max) {
  ScoreRow row;
  row.submission = submission;
  row.score = profile_score(ratios, tau_max);
  row.reached = static_cast<int>(
      std::count_if(ratios.begin(), ratios.end(), [](double r) { return std::isfinite(r); }));
  row.mean_ratio = geometric_mean_of_finite(ratios);
  row.profile = profile(ratios, tau_max);
  row.ratios = std::move(ratios);
  return row;
}

void rank(std::vector<ScoreRow>& rows) {
  std::sort(rows.begin(), rows.end(), [](const ScoreRow& a, const ScoreRow& b) {
    return a.score != b.score ? a.score > b.score : a.submission < b.submission;
  });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool tied = i > 0 && rows[i].score == rows[i - 1].score;
    rows[i].rank = tied ? rows[i - 1].rank : static_cast<int>(i) + 1;
  }
}

}  // namespace

const char* to_string(Mode mode) {
  switch (mode) {
    case Mode::exact:
      return "exact";
  }
  return "";
}

Mode parse_mode(const std::string& text) {
  if (text == to_string(Mode::exact)) return Mode::exact;
  throw InputError(fmt::format("unknown scoring mode '{}'; modes: exact", text));
}

ScoreTable score(const Results& results, const Options& options) {
  check(results, options);
  ScoreTable table;
  table.options = options;
  table.times = times_to_target(results);
  auto ratios = ratios_to_best(matrix(table.times, results.workloads.size()));
  for (std::size_t s = 0; s < results.submissions.size(); ++s) {
    table.rows.push_back(make_row(results.submissions[s], std::move(ratios[s]), options.tau_max));
  }
  add_costs(results, table.rows);
  rank(table.rows);
  table.interval_status =
      results.planned_studies == 1
          ? "1 study: no interval"
          : fmt::format("{} studies: this version computes no interval", results.planned_studies);
  return table;
}

}  // namespace timetrial::scoring
