#pragma once
// All that a report says, as plain values. Exporters (exporters.h) read it and compute nothing, so
// that every format agrees.
//
//   const auto report = make_report(results, score(results), now_ns);
//   write(to_html(report));

#include "scoring/results.h"
#include "scoring/score.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::scoring {

struct LeaderboardRow {
  int rank = 0;
  std::string submission;
  double score = 0;
  std::optional<double> low, high;  ///< interval of the score; absent: Report::interval_status
  std::optional<int> rank_low, rank_high;  ///< likewise, of the rank
  std::optional<double> first;             ///< likewise, probability of rank 1
  int reached = 0, total = 0;              ///< scored workloads
  double mean_ratio = kNever;              ///< geometric mean of the finite ratios to the best
  std::optional<double> time_to_baseline;  ///< ScoreRow::time_to_baseline
  double submission_time_s = 0, evaluation_time_s = 0;  ///< cost
};

struct WorkloadRow {
  WorkloadTerms terms;
  double best_s = kNever;                  ///< smallest median time of all submissions
  int reached_by = 0;                      ///< submissions
  std::optional<Informativeness> informs;  ///< of scored workloads
};

struct TimeRow {
  CellTime time;
  CellScore counted;      ///< after the gates
  double ratio = kNever;  ///< to the workload's best; never for held-out variants
};

struct TrialEntry {
  TrialKey key;
  std::string outcome;  ///< to_string(OutcomeKind), or "unfinished"
  std::string reason;
  SharedPoint point;
  std::int64_t step = 0;
  double submission_time_s = 0;
  std::optional<double> data_wait;  ///< share of it that was spent waiting for data
  TargetTime target;                ///< as scored: never for trials that failed or are unfinished
  bool failed = false;
};

struct ProfileCurve {
  std::string submission;
  std::vector<ProfileStep> steps;
};

struct LearningCurve {
  TrialKey key;
  bool best = false;  ///< the trial that gave its study's time
  TargetTime target;
  std::vector<CurvePoint> points;
};

struct Report {
  std::string title;
  Options options;
  Provenance provenance;
  std::int64_t date_ns = 0;  ///< UTC, when the report was made
  int planned_studies = 1;
  std::string interval_status;
  std::vector<QuarantinedTrial> quarantined;  ///< Results::quarantined
  bool counts_quarantined = false;            ///< likewise
  std::vector<std::string> notes;  ///< what a reader must know before believing the numbers
  std::vector<LeaderboardRow> leaderboard;  ///< by rank
  std::vector<WorkloadRow> workloads;
  std::vector<TimeRow> times;          ///< by rank of the submission, then workload
  std::vector<LeftOut> leave_one_out;  ///< in the order of `leaderboard`
  std::vector<std::vector<int>> wins;  ///< likewise, both ways: ScoreTable::wins
  std::string baseline;                ///< of time_to_baseline; empty: none
  std::optional<double> same_order;    ///< probability that a repetition gives this order
  std::vector<TrialEntry> trials;      ///< likewise, then study and trial
  std::vector<ProfileCurve> profiles;  ///< by rank
  std::vector<LearningCurve> curves;   ///< of all trials, in the order of `trials`
};

/// How much of the runs a report carries.
enum class Detail {
  trials,       ///< every trial with its curve
  leaderboard,  ///< no trials, and the curves of those that gave a study's time
};

/// `date_ns` is injected: a report of one store and one date is always the same bytes.
Report make_report(const Results& results, const ScoreTable& scores, std::int64_t date_ns,
                   Detail detail = Detail::trials);

}  // namespace timetrial::scoring
