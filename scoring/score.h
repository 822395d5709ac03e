#pragma once
// Scores of all submissions of a sweep: times -> ratios -> profile -> score -> rank.
//
//   const auto table = score(results, {.mode = Mode::exact});
//   for (const auto& row : table.rows) …   // best first
//
// Uncertainty needs several studies: `interval_status` says why no interval is given.

#include "scoring/performance_profile.h"
#include "scoring/results.h"
#include "scoring/time_to_target.h"

#include <string>
#include <vector>

namespace timetrial::scoring {

enum class Mode { exact };
const char* to_string(Mode mode);
/// Throws InputError that lists the modes there are.
Mode parse_mode(const std::string& text);

struct Options {
  Mode mode = Mode::exact;
  double tau_max = kTauMax;  ///< > 1; beyond it a workload counts for nothing
};

struct ScoreRow {
  int rank = 0;  ///< from 1; equal scores share the better rank
  std::string submission;
  double score = 0;
  int reached = 0;               ///< workloads with a finite time
  double mean_ratio = kNever;    ///< geometric, over the workloads it reached
  double submission_time_s = 0;  ///< cost of all its trials, unfinished ones included
  double evaluation_time_s = 0;  ///< likewise, off the clock
  std::vector<double> ratios;    ///< by workload
  std::vector<ProfileStep> profile;
};

struct ScoreTable {
  Options options;
  std::vector<ScoreRow> rows;   ///< by rank, then name
  std::vector<CellTime> times;  ///< in the order of Results: submission by submission
  std::string interval_status;  ///< why rows carry no interval
};

/// Throws InputError when there is nothing to score or an option is out of range.
ScoreTable score(const Results& results, const Options& options = {});

}  // namespace timetrial::scoring
