#include "scoring/report_model.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace timetrial::scoring {
namespace {

constexpr const char* kUnfinished = "unfinished";

std::string count_of(std::size_t count, const std::string& thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

LeaderboardRow leaderboard_row(const ScoreRow& row, std::size_t workloads) {
  LeaderboardRow entry;
  entry.rank = row.rank;
  entry.submission = row.submission;
  entry.score = row.score;
  entry.reached = row.reached;
  entry.total = static_cast<int>(workloads);
  if (row.score_interval) {
    entry.low = row.score_interval->low;
    entry.high = row.score_interval->high;
    entry.rank_low = static_cast<int>(row.rank_interval->low);
    entry.rank_high = static_cast<int>(row.rank_interval->high);
  }
  entry.first = row.first;
  entry.mean_ratio = row.mean_ratio;
  entry.time_to_baseline = row.time_to_baseline;
  entry.submission_time_s = row.submission_time_s;
  entry.evaluation_time_s = row.evaluation_time_s;
  return entry;
}

/// Where the cells of one submission begin in ScoreTable::times.
std::size_t cells_of(const ScoreTable& scores, const std::string& submission) {
  const auto first =
      std::find_if(scores.times.begin(), scores.times.end(),
                   [&](const CellTime& time) { return time.submission == submission; });
  return static_cast<std::size_t>(first - scores.times.begin());
}

TrialEntry trial_entry(TrialKey key, const TrialResult& trial, const WorkloadTerms& terms,
                       const Options& options) {
  TrialEntry entry;
  entry.key = std::move(key);
  entry.outcome = trial.finished() ? to_string(trial.outcome->kind) : kUnfinished;
  entry.point = trial.point;
  entry.submission_time_s = trial.submission_time_s;
  entry.data_wait = trial.data_wait;
  entry.failed = trial.failed();
  entry.step = trial.curve.empty() ? 0 : trial.curve.back().step;
  if (trial.outcome) {
    entry.reason = trial.outcome->reason;
    entry.step = std::max(entry.step, trial.outcome->step);
  }
  const bool asked = is_compat(options.mode) || (trial.finished() && !trial.failed());
  if (asked) entry.target = time_to_target(trial.curve, terms, options);
  return entry;
}

void add_trials(const Cell& cell, const CellTime& time, const WorkloadTerms& terms, Detail detail,
                Report& report) {
  for (const auto& study : cell.studies) {
    const auto scored = std::find_if(time.studies.begin(), time.studies.end(),
                                     [&](const StudyTime& t) { return t.study == study.study; });
    for (const auto& trial : study.trials) {
      const TrialKey key{cell.submission, cell.workload, study.study, trial.trial};
      const bool best = scored != time.studies.end() && scored->trial == trial.trial;
      if (detail == Detail::leaderboard && !best) continue;
      auto entry = trial_entry(key, trial, terms, report.options);
      report.curves.push_back({key, best, entry.target, trial.curve});
      if (detail == Detail::trials) report.trials.push_back(std::move(entry));
    }
  }
}

void add_workloads(const Results& results, const ScoreTable& scores, Report& report) {
  for (std::size_t w = 0; w < results.workloads.size(); ++w) {
    WorkloadRow row{results.workloads[w], kNever, 0, std::nullopt};
    for (const auto& informs : scores.informativeness) {
      if (informs.workload == row.terms.name) row.informs = informs;
    }
    for (std::size_t i = w; i < scores.times.size(); i += results.workloads.size()) {
      row.best_s = std::min(row.best_s, scores.times[i].median_s);
      row.reached_by += scores.times[i].median_s < kNever ? 1 : 0;
    }
    report.workloads.push_back(std::move(row));
  }
}

using Cells = std::map<std::pair<std::string, std::string>, const Cell*>;

void add_submission(const Results& results, const ScoreTable& scores, const ScoreRow& row,
                    const Cells& cells, Detail detail, Report& report) {
  report.leaderboard.push_back(leaderboard_row(row, scores.scored.size()));
  report.profiles.push_back({row.submission, row.profile});
  const std::size_t first = cells_of(scores, row.submission);
  std::size_t scored = 0;
  for (std::size_t w = 0; w < results.workloads.size(); ++w) {
    const auto& time = scores.times[first + w];
    const bool is_scored = results.workloads[w].base.empty();
    report.times.push_back(
        {time, scores.counted[first + w], is_scored ? row.ratios[scored++] : kNever});
    const auto cell = cells.find({row.submission, results.workloads[w].name});
    if (cell != cells.end()) add_trials(*cell->second, time, results.workloads[w], detail, report);
  }
}

// --- notes: each names what it is about, none is left out silently
// --------------------------------

/// "a, b, c, d, e and 4 more"
std::string listed(const std::vector<std::string>& things) {
  constexpr std::size_t kNamed = 5;
  const std::size_t named = std::min(kNamed, things.size());
  const auto text = fmt::format("{}", fmt::join(things.begin(), things.begin() + named, ", "));
  return named == things.size() ? text : fmt::format("{} and {} more", text, things.size() - named);
}

void note_trials(const Results& results, Report& report) {
  std::vector<std::string> failed, unfinished;
  for (const auto& cell : results.cells) {
    for (const auto& study : cell.studies) {
      for (const auto& trial : study.trials) {
        if (trial.finished() && !trial.failed()) continue;
        auto& list = trial.finished() ? failed : unfinished;
        list.push_back(fmt::format(
            "{} ({})",
            to_string(TrialKey{cell.submission, cell.workload, study.study, trial.trial}),
            trial.finished() ? to_string(trial.outcome->kind) : kUnfinished));
      }
    }
  }
  if (!failed.empty()) {
    const char* counted = is_compat(report.options.mode)
                              ? "failed; this mode asks their measurements alone"
                              : "failed and counted as a miss";
    report.notes.push_back(
        fmt::format("{} {}: {}.", count_of(failed.size(), "trial"), counted, listed(failed)));
  }
  if (!unfinished.empty()) {
    report.notes.push_back(fmt::format("{} not finished and not counted, so scores may change: {}.",
                                       count_of(unfinished.size(), "trial"), listed(unfinished)));
  }
}

void note_quarantined(Report& report) {
  if (report.quarantined.empty()) return;
  std::vector<std::string> trials;
  for (const auto& trial : report.quarantined) {
    trials.push_back(fmt::format("{} ({})", to_string(trial.key), trial.reason));
  }
  const auto count = count_of(trials.size(), "quarantined trial");
  report.notes.push_back(
      report.counts_quarantined
          ? fmt::format("{} counted, as --include-quarantined asks: {}.", count, listed(trials))
          : fmt::format("{} not counted (--include-quarantined counts them): {}.", count,
                        listed(trials)));
}

void note_machines(Report& report) {
  const auto& from = report.provenance;
  if (from.hardware_profiles.size() > 1) {
    report.notes.push_back(
        fmt::format("Results of different machines are mixed, as --mix-profiles asks: {}. Their "
                    "times do not compare.",
                    fmt::join(from.hardware_profiles, "; ")));
  } else if (!from.intended_profile.empty()) {
    report.notes.push_back(
        fmt::format("The rule set is for hardware profile {}; trials ran on {}, so times compare "
                    "only among themselves.",
                    from.intended_profile, from.hardware_profile));
  }
}

void note_missing_studies(Report& report) {
  int missing = 0;
  std::vector<std::string> where;
  for (const auto& row : report.times) {
    if (row.time.missing_studies == 0) continue;
    missing += row.time.missing_studies;
    where.push_back(fmt::format("{} / {} ({} of {})", row.time.submission, row.time.workload,
                                row.time.missing_studies, row.time.studies.size()));
  }
  if (missing == 0) return;
  const bool left_out = is_compat(report.options.mode) || report.options.ignore_missing_studies;
  report.notes.push_back(fmt::format("No finished trial in {} planned {}, {}: {}.", missing,
                                     missing == 1 ? "study" : "studies",
                                     left_out ? "left out" : "counted as never", listed(where)));
}

void note_mode(Report& report) {
  if (!is_compat(report.options.mode)) return;
  report.notes.push_back(fmt::format(
      "Mode {} reproduces AlgoPerf's scorer with its quirks; --mode exact is without them.",
      to_string(report.options.mode)));
}

/// What of the order would not hold in a repetition, or without one of the others.
void note_order(Report& report) {
  if (report.same_order) {
    report.notes.push_back(
        fmt::format("Drawing the studies anew gives this full order in {:.0f} % of the cases.",
                    100 * *report.same_order));
  }
  std::vector<std::string> movers;
  for (const auto& left : report.leave_one_out) {
    if (left.reorders) movers.push_back(left.submission);
  }
  if (!movers.empty()) {
    report.notes.push_back(
        fmt::format("Leaving one out changes the order of others: {}. A fixed "
                    "reference set does not.",
                    listed(movers)));
  }
}

void note_field(Report& report) {
  if (report.provenance.max_steps) {
    report.notes.push_back(
        fmt::format("Trials stopped after at most {} steps: results are not comparable in time.",
                    *report.provenance.max_steps));
  }
  if (report.leaderboard.size() == 1) {
    report.notes.push_back(
        "Only one submission: its ratios are to itself, so the score is its share of workloads "
        "reached.");
  }
  for (const auto& workload : report.workloads) {
    if (workload.reached_by > 0) continue;
    report.notes.push_back(
        fmt::format("{}: no submission reached the target; it still counts in every score.",
                    workload.terms.name));
  }
}

}  // namespace

Report make_report(const Results& results, const ScoreTable& scores, std::int64_t date_ns,
                   Detail detail) {
  Report report;
  report.title = fmt::format("{}: {} on {}", results.provenance.sweep,
                             count_of(results.submissions.size(), "submission"),
                             count_of(scores.scored.size(), "workload"));
  report.options = scores.options;
  report.provenance = results.provenance;
  report.date_ns = date_ns;
  report.planned_studies = results.planned_studies;
  report.interval_status = scores.interval_status;
  Cells cells;
  for (const auto& cell : results.cells) cells[{cell.submission, cell.workload}] = &cell;
  for (const auto& row : scores.rows) add_submission(results, scores, row, cells, detail, report);
  add_workloads(results, scores, report);
  report.leave_one_out = scores.leave_one_out;
  report.wins = scores.wins;
  report.baseline = scores.baseline;
  report.same_order = scores.same_order;
  report.quarantined = results.quarantined;
  report.counts_quarantined = results.counts_quarantined;
  note_mode(report);
  note_machines(report);
  note_field(report);
  note_order(report);
  note_trials(results, report);
  note_quarantined(report);
  note_missing_studies(report);
  report.notes.insert(report.notes.end(), results.remarks.begin(), results.remarks.end());
  return report;
}

}  // namespace timetrial::scoring
