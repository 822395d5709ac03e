#pragma once
// From curves to times: trial -> study -> cell. Infinity means "never", NaN "no data".
//
//          exact                                      compat (AlgoPerf's scorer)
//   trial  the first evaluation, at or before the     the first row whose metric reaches the
//          budget, whose validation metric reaches    target; no budget is looked at
//          the target
//   study  the earliest of its finished trials, by    the trial that reaches it at the smallest
//          time                                       row; of equal rows, the smaller time
//   cell   the median over all planned studies; one   the median over the studies that have any
//          without any finished trial is infinite     evaluation, infinities taking part; NaN
//          and flagged                                without any such study
//
// Where these differ, and why: docs/scoring.md. Equal rows are broken by the order of folders in
// AlgoPerf's scorer, that is, by accident; the smaller time is our reading of it.
//
// Bracket   the target was crossed somewhere in (last_miss_s, time_s]: the evaluation before the
//           first hit still missed. last_miss_s is 0 (the start) when the first evaluation hits.

#include "scoring/options.h"
#include "scoring/results.h"

#include <limits>
#include <string>
#include <vector>

namespace timetrial::scoring {

inline constexpr double kNever = std::numeric_limits<double>::infinity();

/// When, and between which evaluations, a target was reached.
struct TargetTime {
  double time_s = kNever;
  double last_miss_s = 0;  ///< meaningful when reached()
  std::int64_t step = 0;   ///< likewise
  std::int32_t row = -1;   ///< likewise: CurvePoint::row
  bool reached() const { return time_s < kNever; }
};

struct StudyTime {
  int study = 0;
  TargetTime best;
  int trial = -1;                                ///< the one that gave `best`; -1: none
  int finished = 0, unfinished = 0, failed = 0;  ///< trials; failed ones are finished too
  int measured = 0, reaching = 0;  ///< trials with an evaluation; of these, the ones at the target
  bool missing = false;            ///< planned, but without any finished trial
};

/// Why a cell's time is what it is; the spelling of to_string is the JSON's.
enum class CellStatus {
  reached,
  target_missed,  ///< every planned study has finished trials, half or more of them without a hit
  all_failed,     ///< the same, and no trial ended regularly
  unfinished,     ///< not reached so far, but trials are still open
  study_missing,  ///< not reached, and at least one planned study was never run
};
const char* to_string(CellStatus status);

struct CellTime {
  std::string submission;
  std::string workload;
  double median_s = kNever;  ///< over studies; NaN: no data (compat alone)
  CellStatus status = CellStatus::study_missing;
  std::vector<StudyTime> studies;  ///< planned ones, by number; missing ones included
  int missing_studies = 0;
  /// Bounds of the median from the studies' brackets: the median of their last misses, and
  /// median_s.
  double bracket_low_s = kNever;
};

TargetTime time_to_target(const std::vector<CurvePoint>& curve, const WorkloadTerms& terms,
                          const Options& options = {});
StudyTime time_to_target(const StudyResult& study, const WorkloadTerms& terms,
                         const Options& options = {});
/// `cell` may be null: nothing of it was planned, so every study is missing.
CellTime time_to_target(const Cell* cell, const std::string& submission, const WorkloadTerms& terms,
                        int planned_studies, const Options& options = {});
/// Every (submission, workload) of `results`: submission by submission, workloads in order. Targets
/// and budgets are those of the results: rescoring.h puts others there.
std::vector<CellTime> times_to_target(const Results& results, const Options& options = {});

/// The studies whose times take part in the median (`missing` ones are infinite in exact mode).
std::vector<double> study_times(const CellTime& cell, const Options& options);

/// Middle value; of an even count the mean of the middle two, infinite if either is. Never when
/// empty.
double median(std::vector<double> values);

}  // namespace timetrial::scoring
