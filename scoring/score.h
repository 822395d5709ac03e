#pragma once
// Scores of all submissions: times -> gates -> ratios -> profile -> score -> rank, and how far each
// can be trusted.
//
//   const auto table = score(rescored(results, options), options);
//   for (const auto& row : table.rows) …   // best first
//
// What each number means: docs/scoring.md.

#include "scoring/bootstrap.h"
#include "scoring/gates.h"
#include "scoring/options.h"
#include "scoring/performance_profile.h"
#include "scoring/results.h"
#include "scoring/time_to_target.h"

#include <optional>
#include <string>
#include <vector>

namespace timetrial::scoring {

struct ScoreRow {
  int rank = 0;  ///< from 1; equal scores share the better rank
  std::string submission;
  double score = 0;
  std::optional<Interval> score_interval;  ///< absent: ScoreTable::interval_status
  std::optional<Interval> rank_interval;   ///< likewise, of the rank
  std::optional<double> first;             ///< likewise, the probability of being first
  int reached = 0;                         ///< scored workloads whose time counts
  double mean_ratio = kNever;              ///< geometric, over these
  /// Geometric mean over scored workloads of time / the baseline's time, before any gate, a miss
  /// counting as the budget + 1 s (AlgoPerf's compute_speedups.py). Absent: no baseline, or a
  /// workload without data.
  std::optional<double> time_to_baseline;
  double submission_time_s = 0;  ///< cost of all its trials, unfinished ones included
  double evaluation_time_s = 0;  ///< likewise, off the clock
  std::vector<double> ratios;    ///< by scored workload
  std::vector<ProfileStep> profile;
};

/// A cell after the rules; in the order of ScoreTable::times.
struct CellScore {
  double counted_s = kNever;  ///< the median, or infinite where `excluded` says why
  Exclusion excluded = Exclusion::none;
};

/// Scores with one submission left out: would the others' order hold?
struct LeftOut {
  std::string submission;
  std::vector<double> scores;  ///< in the order of ScoreTable::rows; NaN for the one left out
  std::vector<int> ranks;      ///< likewise, 0 for it
  bool reorders = false;       ///< two others change places
};

/// What a workload tells the submissions apart by.
struct Informativeness {
  std::string workload;
  int reached_by = 0;      ///< submissions with a finite median
  double spread = kNever;  ///< slowest / fastest finite median; infinite below two of them
  /// Standard deviation of log time between submissions' medians, and between the studies of one
  /// submission (pooled), over the finite ones. NaN: too few.
  double between = 0, within = 0;
};

struct ScoreTable {
  Options options;
  std::vector<ScoreRow> rows;          ///< by rank, then name
  std::vector<std::size_t> scored;     ///< indices of Results::workloads that are scored
  std::vector<CellTime> times;         ///< in the order of Results: submission by submission
  std::vector<CellScore> counted;      ///< likewise
  std::vector<LeftOut> leave_one_out;  ///< in the order of rows; empty with fewer than two
  /// wins[a][b], in the order of rows: scored workloads on which a's counted time is below b's.
  std::vector<std::vector<int>> wins;
  std::vector<Informativeness> informativeness;  ///< of scored workloads
  std::string baseline;                          ///< of time_to_baseline; empty: none
  std::optional<double> same_order;  ///< probability that a repetition gives the same full order
  std::string interval_status;       ///< how intervals were made, or why there are none
};

/// Throws InputError when there is nothing to score or an option is out of range: no such
/// submission in the reference set or as a baseline, a reference set in which nobody is.
ScoreTable score(const Results& results, const Options& options = {});

}  // namespace timetrial::scoring
