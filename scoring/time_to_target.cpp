#include "scoring/time_to_target.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

namespace timetrial::scoring {
namespace {

/// Whether a study without any finished trial is infinite, or left out.
bool missing_counts(const Options& options) {
  return !is_compat(options.mode) && !options.ignore_missing_studies;
}

/// Those planned (0 … planned−1) and any beyond them that were run.
std::vector<StudyTime> all_studies(const Cell* cell, const WorkloadTerms& terms,
                                   int planned_studies, const Options& options) {
  std::vector<StudyTime> times;
  if (cell != nullptr) {
    for (const auto& study : cell->studies) times.push_back(time_to_target(study, terms, options));
  }
  for (int study = 0; study < planned_studies; ++study) {
    const bool present = std::any_of(times.begin(), times.end(),
                                     [study](const StudyTime& t) { return t.study == study; });
    if (present) continue;
    StudyTime absent;
    absent.study = study;
    absent.missing = true;
    times.push_back(absent);
  }
  std::sort(times.begin(), times.end(),
            [](const StudyTime& a, const StudyTime& b) { return a.study < b.study; });
  return times;
}

CellStatus status_of(const CellTime& cell) {
  if (cell.median_s < kNever) return CellStatus::reached;
  int finished = 0, unfinished = 0, failed = 0;
  for (const auto& study : cell.studies) {
    finished += study.finished;
    unfinished += study.unfinished;
    failed += study.failed;
  }
  if (unfinished > 0) return CellStatus::unfinished;
  if (cell.missing_studies > 0) return CellStatus::study_missing;
  return failed == finished ? CellStatus::all_failed : CellStatus::target_missed;
}

}  // namespace

const char* to_string(CellStatus status) {
  switch (status) {
    case CellStatus::reached:
      return "reached";
    case CellStatus::target_missed:
      return "target_missed";
    case CellStatus::all_failed:
      return "all_failed";
    case CellStatus::unfinished:
      return "unfinished";
    case CellStatus::study_missing:
      return "study_missing";
  }
  return "";
}

TargetTime time_to_target(const std::vector<CurvePoint>& curve, const WorkloadTerms& terms,
                          const Options& options) {
  TargetTime result;
  double missed_value = std::numeric_limits<double>::quiet_NaN();
  for (const auto& point : curve) {
    if (!is_compat(options.mode) && point.submission_time_s > terms.budget_s) break;
    if (terms.reached_by(point.value)) {
      result.time_s = point.submission_time_s;
      if (options.interpolate && std::isfinite(missed_value)) {
        const double share =
            (terms.validation_target - missed_value) / (point.value - missed_value);
        result.time_s = result.last_miss_s + share * (point.submission_time_s - result.last_miss_s);
      }
      result.step = point.step;
      result.row = point.row;
      return result;
    }
    result.last_miss_s = point.submission_time_s;
    missed_value = point.value;
  }
  return result;
}

StudyTime time_to_target(const StudyResult& study, const WorkloadTerms& terms,
                         const Options& options) {
  const bool compat = is_compat(options.mode);
  StudyTime result;
  result.study = study.study;
  for (const auto& trial : study.trials) {
    result.measured += trial.curve.empty() ? 0 : 1;
    result.finished += trial.finished() ? 1 : 0;
    result.unfinished += trial.finished() ? 0 : 1;
    result.failed += trial.failed() ? 1 : 0;
    // A trial that failed is a miss, whatever its curve says; AlgoPerf's scorer asks the curve
    // alone.
    if (!compat && (!trial.finished() || trial.failed())) continue;
    const auto time = time_to_target(trial.curve, terms, options);
    if (!time.reached()) continue;
    ++result.reaching;
    const bool earlier = compat && result.best.reached() && time.row != result.best.row
                             ? time.row < result.best.row
                             : time.time_s < result.best.time_s;
    if (earlier) {
      result.best = time;
      result.trial = trial.trial;
    }
  }
  result.missing = compat ? result.measured == 0 : result.finished == 0;
  return result;
}

CellTime time_to_target(const Cell* cell, const std::string& submission, const WorkloadTerms& terms,
                        int planned_studies, const Options& options) {
  CellTime result;
  result.submission = submission;
  result.workload = terms.name;
  result.studies = all_studies(cell, terms, planned_studies, options);
  std::vector<double> misses;
  for (const auto& study : result.studies) {
    result.missing_studies += study.missing ? 1 : 0;
    if (study.missing && !missing_counts(options)) continue;
    misses.push_back(study.best.reached() ? study.best.last_miss_s : kNever);
  }
  auto hits = study_times(result, options);
  const bool no_data = is_compat(options.mode) && hits.empty();
  result.median_s = no_data ? std::numeric_limits<double>::quiet_NaN() : median(std::move(hits));
  result.bracket_low_s = median(std::move(misses));
  result.status = status_of(result);
  return result;
}

std::vector<double> study_times(const CellTime& cell, const Options& options) {
  std::vector<double> times;
  for (const auto& study : cell.studies) {
    if (!study.missing || missing_counts(options)) times.push_back(study.best.time_s);
  }
  return times;
}

std::vector<CellTime> times_to_target(const Results& results, const Options& options) {
  std::map<std::pair<std::string_view, std::string_view>, const Cell*> cells;
  for (const auto& cell : results.cells) cells[{cell.submission, cell.workload}] = &cell;
  std::vector<CellTime> times;
  times.reserve(results.submissions.size() * results.workloads.size());
  for (const auto& submission : results.submissions) {
    for (const auto& workload : results.workloads) {
      const auto cell = cells.find({submission, workload.name});
      times.push_back(time_to_target(cell == cells.end() ? nullptr : cell->second, submission,
                                     workload, results.planned_studies, options));
    }
  }
  return times;
}

double median(std::vector<double> values) {
  if (values.empty()) return kNever;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2;
}

}  // namespace timetrial::scoring
