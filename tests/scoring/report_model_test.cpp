#include "scoring/report_model.h"

#include "tests/support/example_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::scoring {
namespace {

using testing::Contains;
using testing::HasSubstr;

Report report_of(const Results& results) { return make_report(results, score(results), 0); }

TEST(ReportModel, GoesByRankThenWorkload) {
  const auto report = report_of(test::results_of_times({{30, 20}, {10, 10}}));
  ASSERT_EQ(report.times.size(), 4u);
  EXPECT_EQ(report.leaderboard[0].submission, "s1");
  EXPECT_EQ(report.profiles[0].submission, "s1");
  EXPECT_EQ(report.times[0].time.submission, "s1");
  EXPECT_EQ(report.times[3].time.submission, "s0");
  EXPECT_EQ(report.times[3].time.workload, "w1");
  EXPECT_EQ(report.times[3].ratio, 2);
  EXPECT_EQ(report.workloads[1].best_s, 10);
  EXPECT_EQ(report.workloads[1].reached_by, 2);
  EXPECT_EQ(report.title, "times: 2 submissions on 2 workloads");
}

TEST(ReportModel, NamesTrialsThatFailedOrAreUnfinishedAndStudiesThatAreMissing) {
  const auto report = report_of(test::example_results());
  EXPECT_THAT(report.notes,
              Contains("1 trial failed and counted as a miss: adamw / gcide_lm / study 0 / trial 1 "
                       "(crashed)."));
  EXPECT_THAT(report.notes, Contains("1 trial not finished and not counted, so scores may change: "
                                     "lion / movielens_dlrm / study 0 / trial 1 (unfinished)."));
  EXPECT_THAT(report.notes, Contains("No finished trial in 1 planned study, counted as never: "
                                     "nesterov / movielens_dlrm (1 of 1)."));
}

TEST(ReportModel, ListsEveryTrialAndMarksTheOneThatCounts) {
  const auto results = test::example_results();
  const auto report = report_of(results);
  EXPECT_EQ(report.trials.size(), 4u * 3 * 2 - 2);  // one study of two trials is missing
  ASSERT_EQ(report.curves.size(), report.trials.size());
  for (const auto& row : report.times) {
    int best = 0;
    for (const auto& curve : report.curves) {
      if (curve.key.submission != row.time.submission || curve.key.workload != row.time.workload) {
        continue;
      }
      if (curve.best) {
        EXPECT_EQ(curve.target.time_s, row.time.median_s);
      }
      best += curve.best ? 1 : 0;
    }
    EXPECT_EQ(best, std::isfinite(row.time.median_s) ? 1 : 0);
  }
}

TEST(ReportModel, NotesWhatMakesNumbersHardToBelieve) {
  auto results = test::results_of_times({{10, INFINITY}});
  results.provenance.max_steps = 20;
  EXPECT_THAT(report_of(results).notes,
              testing::ElementsAre(
                  HasSubstr("at most 20 steps: results are not comparable in time"),
                  HasSubstr("Only one submission"),
                  "w1: no submission reached the target; it still counts in every score."));
  EXPECT_TRUE(report_of(test::results_of_times({{10}, {20}})).notes.empty());
}

TEST(ReportModel, ShortensALongListOfFailures) {
  auto results = test::results_of_times(std::vector<std::vector<double>>(9, {10}));
  for (auto& cell : results.cells) cell.studies[0].trials[0].outcome->kind = OutcomeKind::hung;
  EXPECT_THAT(report_of(results).notes, Contains(testing::AllOf(HasSubstr("9 trials failed"),
                                                                HasSubstr("(hung) and 4 more"))));
}

}  // namespace
}  // namespace timetrial::scoring
