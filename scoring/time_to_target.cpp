#include "scoring/time_to_target.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace timetrial::scoring {
namespace {

/// The studies that take part: those planned (0 … planned−1) and any beyond them that were run.
std::vector<StudyTime> study_times(const Cell* cell, const WorkloadTerms& terms,
                                   int planned_studies) {
  std::vector<StudyTime> times;
  if (cell != nullptr) {
    for (const auto& study : cell->studies) times.push_back(time_to_target(study, terms));
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

TargetTime time_to_target(const std::vector<CurvePoint>& curve, const WorkloadTerms& terms) {
  TargetTime result;
  for (const auto& point : curve) {
    if (point.submission_time_s > terms.budget_s) break;
    if (terms.reached_by(point.value)) {
      result.time_s = point.submission_time_s;
      result.step = point.step;
      return result;
    }
    result.last_miss_s = point.submission_time_s;
  }
  return result;
}

StudyTime time_to_target(const StudyResult& study, const WorkloadTerms& terms) {
  StudyTime result;
  result.study = study.study;
  for (const auto& trial : study.trials) {
    if (!trial.finished()) {
      ++result.unfinished;
      continue;
    }
    ++result.finished;
    if (trial.failed()) {
      ++result.failed;  // a miss, whatever its curve says
      continue;
    }
    const auto time = time_to_target(trial.curve, terms);
    if (time.time_s < result.best.time_s) {
      result.best = time;
      result.trial = trial.trial;
    }
  }
  result.missing = result.finished == 0;
  return result;
}

CellTime time_to_target(const Cell* cell, const std::string& submission, const WorkloadTerms& terms,
                        int planned_studies) {
  CellTime result;
  result.submission = submission;
  result.workload = terms.name;
  result.studies = study_times(cell, terms, planned_studies);
  std::vector<double> hits, misses;
  for (const auto& study : result.studies) {
    hits.push_back(study.best.time_s);
    misses.push_back(study.best.reached() ? study.best.last_miss_s : kNever);
    result.missing_studies += study.missing ? 1 : 0;
  }
  result.median_s = median(std::move(hits));
  result.bracket_low_s = median(std::move(misses));
  result.status = status_of(result);
  return result;
}

std::vector<CellTime> times_to_target(const Results& results) {
  std::map<std::pair<std::string_view, std::string_view>, const Cell*> cells;
  for (const auto& cell : results.cells) cells[{cell.submission, cell.workload}] = &cell;
  std::vector<CellTime> times;
  times.reserve(results.submissions.size() * results.workloads.size());
  for (const auto& submission : results.submissions) {
    for (const auto& workload : results.workloads) {
      const auto cell = cells.find({submission, workload.name});
      times.push_back(time_to_target(cell == cells.end() ? nullptr : cell->second, submission,
                                     workload, results.planned_studies));
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
