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
  entry.mean_ratio = row.mean_ratio;
  entry.submission_time_s = row.submission_time_s;
  entry.evaluation_time_s = row.evaluation_time_s;
  return entry;
}

/// The cell times of one submission, in workload order.
const CellTime* times_of(const ScoreTable& scores, const std::string& submission) {
  const auto first =
      std::find_if(scores.times.begin(), scores.times.end(),
                   [&](const CellTime& time) { return time.submission == submission; });
  return first == scores.times.end() ? nullptr : &*first;
}

TrialEntry trial_entry(TrialKey key, const TrialResult& trial, const WorkloadTerms& terms) {
  TrialEntry entry;
  entry.key = std::move(key);
  entry.outcome = trial.finished() ? to_string(trial.outcome->kind) : kUnfinished;
  entry.point = trial.point;
  entry.submission_time_s = trial.submission_time_s;
  entry.failed = trial.failed();
  entry.step = trial.curve.empty() ? 0 : trial.curve.back().step;
  if (trial.outcome) {
    entry.reason = trial.outcome->reason;
    entry.step = std::max(entry.step, trial.outcome->step);
  }
  if (trial.finished() && !trial.failed()) entry.target = time_to_target(trial.curve, terms);
  return entry;
}

void add_trials(const Cell& cell, const CellTime& time, const WorkloadTerms& terms,
                Report& report) {
  for (const auto& study : cell.studies) {
    const auto scored = std::find_if(time.studies.begin(), time.studies.end(),
                                     [&](const StudyTime& t) { return t.study == study.study; });
    for (const auto& trial : study.trials) {
      const TrialKey key{cell.submission, cell.workload, study.study, trial.trial};
      report.trials.push_back(trial_entry(key, trial, terms));
      const bool best = scored != time.studies.end() && scored->trial == trial.trial;
      report.curves.push_back({key, best, report.trials.back().target, trial.curve});
    }
  }
}

void add_workloads(const Results& results, const ScoreTable& scores, Report& report) {
  for (std::size_t w = 0; w < results.workloads.size(); ++w) {
    WorkloadRow row{results.workloads[w], kNever, 0};
    for (std::size_t i = w; i < scores.times.size(); i += results.workloads.size()) {
      row.best_s = std::min(row.best_s, scores.times[i].median_s);
      row.reached_by += scores.times[i].median_s < kNever ? 1 : 0;
    }
    report.workloads.push_back(std::move(row));
  }
}

void add_submission(const Results& results, const ScoreTable& scores, const ScoreRow& row,
                    const std::map<std::pair<std::string, std::string>, const Cell*>& cells,
                    Report& report) {
  report.leaderboard.push_back(leaderboard_row(row, results.workloads.size()));
  report.profiles.push_back({row.submission, row.profile});
  const auto* times = times_of(scores, row.submission);
  for (std::size_t w = 0; w < results.workloads.size(); ++w) {
    report.times.push_back({times[w], row.ratios[w]});
    const auto cell = cells.find({row.submission, results.workloads[w].name});
    if (cell != cells.end()) add_trials(*cell->second, times[w], results.workloads[w], report);
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

void note_trials(Report& report) {
  std::vector<std::string> failed, unfinished;
  for (const auto& trial : report.trials) {
    const auto name = fmt::format("{} ({})", to_string(trial.key), trial.outcome);
    if (trial.failed) failed.push_back(name);
    if (trial.outcome == kUnfinished) unfinished.push_back(name);
  }
  if (!failed.empty()) {
    report.notes.push_back(fmt::format("{} failed and counted as a miss: {}.",
                                       count_of(failed.size(), "trial"), listed(failed)));
  }
  if (!unfinished.empty()) {
    report.notes.push_back(fmt::format("{} not finished and not counted, so scores may change: {}.",
                                       count_of(unfinished.size(), "trial"), listed(unfinished)));
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
  report.notes.push_back(fmt::format("No finished trial in {} planned {}, counted as never: {}.",
                                     missing, missing == 1 ? "study" : "studies", listed(where)));
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

Report make_report(const Results& results, const ScoreTable& scores, std::int64_t date_ns) {
  Report report;
  report.title = fmt::format("{}: {} on {}", results.provenance.sweep,
                             count_of(results.submissions.size(), "submission"),
                             count_of(results.workloads.size(), "workload"));
  report.options = scores.options;
  report.provenance = results.provenance;
  report.date_ns = date_ns;
  report.planned_studies = results.planned_studies;
  report.interval_status = scores.interval_status;
  std::map<std::pair<std::string, std::string>, const Cell*> cells;
  for (const auto& cell : results.cells) cells[{cell.submission, cell.workload}] = &cell;
  for (const auto& row : scores.rows) add_submission(results, scores, row, cells, report);
  add_workloads(results, scores, report);
  note_field(report);
  note_trials(report);
  note_missing_studies(report);
  return report;
}

}  // namespace timetrial::scoring
