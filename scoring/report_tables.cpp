#include "scoring/report_tables.h"

#include "scoring/number_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace timetrial::scoring {
namespace {

TableCell word(std::string text) { return {std::move(text), std::nullopt}; }
TableCell number(std::string text, double value) { return {std::move(text), value}; }

const char* reason_without_time(const CellTime& cell) {
  switch (cell.status) {
    case CellStatus::reached:
      return "reached";
    case CellStatus::target_missed:
      return "target missed";
    case CellStatus::all_failed:
      return "all trials failed";
    case CellStatus::unfinished:
      return "unfinished";
    case CellStatus::study_missing:
      return cell.missing_studies == static_cast<int>(cell.studies.size()) ? "not run"
                                                                           : "studies missing";
  }
  return "";
}

std::string interval_text(const Report& report, const LeaderboardRow& row) {
  if (!row.low || !row.high) return report.interval_status;
  return fmt::format("{} to {}", score_text(*row.low), score_text(*row.high));
}

/// "1–3": where the submission stands in 95 % of the repetitions.
std::string ranks_text(const LeaderboardRow& row) {
  if (!row.rank_low || !row.rank_high) return "–";
  if (*row.rank_low == *row.rank_high) return fmt::format("{}", *row.rank_low);
  return fmt::format("{}–{}", *row.rank_low, *row.rank_high);
}

std::string share_text(const std::optional<double>& share) {
  return share ? fmt::format("{:.0f} %", 100 * *share) : "–";
}

/// Outcomes read as words: "target reached".
std::string outcome_text(std::string outcome) {
  for (char& c : outcome) {
    if (c == '_') c = ' ';
  }
  return outcome;
}

int index_of(const Report& report, const std::string& submission) {
  int index = 0;
  while (report.leaderboard[static_cast<std::size_t>(index)].submission != submission) ++index;
  return index;
}

int workload_index(const Report& report, const std::string& workload) {
  int index = 0;
  while (report.workloads[static_cast<std::size_t>(index)].terms.name != workload) ++index;
  return index;
}

/// The factor that a standard deviation of log time stands for: "1.35×".
TableCell factor(double deviation) {
  const double value = std::isnan(deviation) ? kNever : std::exp(deviation);
  return number(ratio_text(value), value);
}

std::vector<TableCell> informativeness_cells(const WorkloadRow& row) {
  if (!row.informs) return {number("–", kNever), number("–", kNever), number("–", kNever)};
  const auto& informs = *row.informs;
  return {number(ratio_text(informs.spread), informs.spread), factor(informs.between),
          factor(informs.within)};
}

}  // namespace

std::string target_text(const WorkloadTerms& terms) {
  return fmt::format("{} {} {}", terms.metric, terms.higher_is_better ? "≥" : "≤",
                     metric_text(terms.validation_target));
}

std::string short_reason(const TimeRow& row) {
  if (std::isnan(row.time.median_s)) return "no data";
  if (row.time.median_s < kNever) {
    if (row.counted.excluded == Exclusion::none) return "";
    return row.counted.excluded == Exclusion::beyond_cap ? "too slow" : "gated";
  }
  switch (row.time.status) {
    case CellStatus::all_failed:
      return "failed";
    case CellStatus::unfinished:
      return "open";
    case CellStatus::study_missing:
      return "not run";
    default:
      return "missed";
  }
}

std::string time_cell_text(const TimeRow& row) {
  if (std::isnan(row.time.median_s)) return to_string(Exclusion::no_data);
  if (row.time.median_s >= kNever) return reason_without_time(row.time);
  const auto time = seconds_text(row.time.median_s);
  if (row.counted.excluded != Exclusion::none) {
    return fmt::format("{}, {}", time, to_string(row.counted.excluded));
  }
  return std::isfinite(row.ratio) ? fmt::format("{} ({})", time, ratio_text(row.ratio)) : time;
}

TextTable leaderboard_table(const Report& report) {
  const bool intervals = report.same_order.has_value(), baseline = !report.baseline.empty();
  TextTable table{"leaderboard",
                  fmt::format("Scores in {} mode, best first. 1 is the best there can be: the "
                              "fastest on every workload.",
                              to_string(report.options.mode)),
                  {{"Rank", true}, {"Submission"}, {"Score", true}, {"Interval"}},
                  {}};
  const auto add = [&](bool wanted, std::string name, bool numeric) {
    if (wanted) table.columns.push_back({std::move(name), numeric});
  };
  add(intervals, "Ranks", false);
  add(intervals, "First", true);
  add(true, "Reached", true);
  add(true, "Mean ratio", true);
  add(baseline, "To baseline", true);
  add(true, "Submission time", true);
  add(true, "Evaluation time", true);
  for (const auto& row : report.leaderboard) {
    table.about.push_back({static_cast<int>(table.rows.size()), -1});
    table.rows.push_back({number(fmt::format("{}", row.rank), row.rank), word(row.submission),
                          number(score_text(row.score), row.score),
                          word(interval_text(report, row))});
    auto& cells = table.rows.back();
    if (intervals) {
      cells.push_back(word(ranks_text(row)));
      cells.push_back(number(share_text(row.first), row.first.value_or(-1)));
    }
    cells.push_back(number(fmt::format("{}/{}", row.reached, row.total), row.reached));
    cells.push_back(number(ratio_text(row.mean_ratio), row.mean_ratio));
    if (baseline) {
      const double ratio = row.time_to_baseline.value_or(kNever);
      cells.push_back(number(ratio_text(ratio), ratio));
    }
    cells.push_back(number(duration_text(row.submission_time_s), row.submission_time_s));
    cells.push_back(number(duration_text(row.evaluation_time_s), row.evaluation_time_s));
  }
  return table;
}

TextTable times_table(const Report& report) {
  TextTable table{"times",
                  "Submission time to the validation target, median over studies, and its ratio to "
                  "the fastest submission.",
                  {{"Submission", false}},
                  {}};
  for (std::size_t w = 0; w < report.workloads.size(); ++w) {
    table.columns.push_back({report.workloads[w].terms.name, true, {-1, static_cast<int>(w)}});
  }
  for (const auto& row : report.times) {
    if (table.rows.empty() || table.rows.back().size() == table.columns.size()) {
      table.about.push_back({static_cast<int>(table.rows.size()), -1});
      table.rows.push_back({word(row.time.submission)});
    }
    const bool best = row.ratio <= 1, none = !(row.counted.counted_s < kNever);
    table.rows.back().push_back({time_cell_text(row),
                                 std::isnan(row.time.median_s) ? kNever : row.time.median_s,
                                 best   ? "best"
                                 : none ? "none"
                                        : ""});
  }
  return table;
}

TextTable workloads_table(const Report& report) {
  const auto is_variant = [](const WorkloadRow& row) { return !row.terms.base.empty(); };
  const bool variants = std::any_of(report.workloads.begin(), report.workloads.end(), is_variant);
  TextTable table{"workloads",
                  "What was to be reached, within which budget of submission time, and what it "
                  "tells the submissions apart by: slowest / fastest, the typical factor between "
                  "submissions, and the one between studies of the same submission. A workload "
                  "whose second factor is not well above the third orders by luck.",
                  {{"Workload", false},
                   {"Validation target", false},
                   {"Budget", true},
                   {"Best time", true},
                   {"Reached by", true},
                   {"Spread", true},
                   {"Between", true},
                   {"Within", true}},
                  {}};
  if (variants) table.columns.push_back({"Role"});
  for (const auto& row : report.workloads) {
    table.about.push_back({-1, static_cast<int>(table.rows.size())});
    table.rows.push_back(
        {word(row.terms.name), word(target_text(row.terms)),
         number(seconds_text(row.terms.budget_s), row.terms.budget_s),
         number(seconds_text(row.best_s), row.best_s),
         number(fmt::format("{}/{}", row.reached_by, report.leaderboard.size()), row.reached_by)});
    for (auto& cell : informativeness_cells(row)) table.rows.back().push_back(std::move(cell));
    if (!variants) continue;
    table.rows.back().push_back(word(is_variant(row) ? "variant of " + row.terms.base : "scored"));
  }
  return table;
}

TextTable trials_table(const Report& report) {
  TextTable table{"trials",
                  "Every planned trial: how it ended, and when it first reached the target, in "
                  "brackets the last evaluation that still missed it.",
                  {{"Submission", false},
                   {"Workload", false},
                   {"Study", true},
                   {"Trial", true},
                   {"Outcome", false},
                   {"Time to target", true},
                   {"Steps", true},
                   {"Submission time", true},
                   {"Data wait", true},
                   {"Hyperparameters", false},
                   {"Reason", false}},
                  {}};
  for (const auto& trial : report.trials) {
    const auto& key = trial.key;
    const std::string reached = trial.target.reached()
                                    ? fmt::format("{} ({})", seconds_text(trial.target.time_s),
                                                  seconds_text(trial.target.last_miss_s))
                                    : "–";
    table.about.push_back({index_of(report, key.submission), workload_index(report, key.workload)});
    table.rows.push_back(
        {word(key.submission), word(key.workload), number(fmt::format("{}", key.study), key.study),
         number(fmt::format("{}", key.trial), key.trial), word(outcome_text(trial.outcome)),
         number(reached, trial.target.time_s),
         number(fmt::format("{}", trial.step), static_cast<double>(trial.step)),
         number(duration_text(trial.submission_time_s), trial.submission_time_s),
         trial.data_wait ? number(fmt::format("{:.1f} %", 100 * *trial.data_wait), *trial.data_wait)
                         : word("–"),
         word(point_text(*trial.point)), word(trial.reason.empty() ? "–" : trial.reason)});
  }
  return table;
}

std::vector<std::pair<std::string, std::string>> provenance_lines(const Report& report) {
  const auto& from = report.provenance;
  std::vector<std::pair<std::string, std::string>> lines = {
      {"Sweep", from.sweep},
      {"Rule set", from.rule_set},
      {"Rule set hash", from.rule_set_hash},
      {"Tuning", from.tuning},
      {"Mode",
       fmt::format("{} (tau up to {:g})", to_string(report.options.mode), report.options.tau_max)},
      {"Studies", fmt::format("{}", report.planned_studies)},
      {"Intervals", report.interval_status},
      {"Hardware profile", from.hardware_profile},
      {"Sweep planned", from.created_ns == 0 ? "–" : date_text(from.created_ns)},
      {"Report made", date_text(report.date_ns)},
      {"Store hash", from.store_hash.empty() ? "–" : from.store_hash}};
  for (const auto& [name, version] : from.versions) lines.emplace_back(name, version);
  return lines;
}

}  // namespace timetrial::scoring
