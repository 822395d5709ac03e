#include "scoring/time_to_target.h"
#include "tests/support/example_results.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace timetrial::scoring {
namespace {

using test::curve_of;
using test::finished_trial;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
const WorkloadTerms kAccuracy{"w", "", "accuracy", true, 0.5, 10};
const WorkloadTerms kLoss{"w", "", "loss", false, 0.5, 10};

TEST(TimeToTarget, OfACurveIsItsFirstHitWithinTheBudget) {
  struct Case {
    const char* what;
    WorkloadTerms terms;
    std::vector<double> values;  // at 1 s, 2 s, …
    double time, last_miss;
  };
  WorkloadTerms tight = kAccuracy;
  tight.budget_s = 2;
  const Case cases[] = {
      {"higher is better", kAccuracy, {0.1, 0.4, 0.6, 0.7}, 3, 2},
      {"lower is better", kLoss, {0.9, 0.4, 0.3}, 2, 1},
      {"the target itself counts, higher", kAccuracy, {0.1, 0.5}, 2, 1},
      {"the target itself counts, lower", kLoss, {0.7, 0.5}, 2, 1},
      {"falling back afterwards does not matter", kAccuracy, {0.1, 0.6, 0.2}, 2, 1},
      {"a hit at once has the start as its last miss", kAccuracy, {0.6}, 1, 0},
      {"NaN is a miss, higher", kAccuracy, {kNaN, 0.6}, 2, 1},
      {"NaN is a miss, lower", kLoss, {kNaN, 0.4}, 2, 1},
      {"infinity reaches no loss target", kLoss, {INFINITY}, kNever, 1},
      {"at the budget counts", tight, {0.1, 0.6}, 2, 1},
      {"after the budget does not", tight, {0.1, 0.2, 0.6}, kNever, 2},
      {"never", kAccuracy, {0.1, 0.2}, kNever, 2},
      {"no evaluation", kAccuracy, {}, kNever, 0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const auto time = time_to_target(curve_of(c.values), c.terms);
    EXPECT_EQ(time.time_s, c.time);
    EXPECT_EQ(time.last_miss_s, c.last_miss);
    EXPECT_EQ(time.reached(), std::isfinite(c.time));
  }
}

TEST(TimeToTarget, OfAStudyIsTheEarliestTimeNotTheFewestEvaluations) {
  StudyResult study{0, {}};
  study.trials.push_back(finished_trial(0, {{5, 10, 0.6}}));                // one evaluation, 5 s
  study.trials.push_back(finished_trial(1, {{1, 10, 0.1}, {3, 20, 0.6}}));  // two, but 3 s
  const auto time = time_to_target(study, kAccuracy);
  EXPECT_EQ(time.best.time_s, 3);
  EXPECT_EQ(time.best.last_miss_s, 1);
  EXPECT_EQ(time.best.step, 20);
  EXPECT_EQ(time.trial, 1);
  EXPECT_EQ(time.finished, 2);
}

TEST(TimeToTarget, FailedTrialsAreMissesAndUnfinishedOnesDoNotCount) {
  struct Case {
    const char* what;
    std::optional<OutcomeKind> outcome;
    double time;
    int finished, unfinished, failed;
  };
  const Case cases[] = {
      {"reached", OutcomeKind::target_reached, 2, 1, 0, 0},
      {"completed", OutcomeKind::completed, 2, 1, 0, 0},
      {"diverged after the hit", OutcomeKind::diverged, 2, 1, 0, 0},
      {"crashed", OutcomeKind::crashed, kNever, 1, 0, 1},
      {"hung", OutcomeKind::hung, kNever, 1, 0, 1},
      {"protocol broken", OutcomeKind::protocol_broken, kNever, 1, 0, 1},
      {"out of memory", OutcomeKind::out_of_memory_host, kNever, 1, 0, 1},
      {"interrupted is not final", OutcomeKind::interrupted, kNever, 0, 1, 0},
      {"open", std::nullopt, kNever, 0, 1, 0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    auto trial = finished_trial(0, curve_of({0.1, 0.6}));
    trial.outcome.reset();
    if (c.outcome) trial.outcome = Outcome{*c.outcome, "", 2, 2};
    const auto time = time_to_target(StudyResult{0, {trial}}, kAccuracy);
    EXPECT_EQ(time.best.time_s, c.time);
    EXPECT_EQ(time.finished, c.finished);
    EXPECT_EQ(time.unfinished, c.unfinished);
    EXPECT_EQ(time.failed, c.failed);
    EXPECT_EQ(time.missing, c.finished == 0);
  }
}

TEST(TimeToTarget, MedianLetsInfinitiesTakePart) {
  struct Case {
    std::vector<double> values;
    double median;
  };
  const Case cases[] = {
      {{3}, 3},
      {{3, 1, 2}, 2},
      {{4, 1}, 2.5},
      {{1, 2, 4, 8}, 3},
      {{1, 2, kNever}, 2},
      {{1, kNever, kNever}, kNever},
      {{1, kNever}, kNever},
      {{1, 3, kNever, kNever}, kNever},
      {{1, 2, 4, kNever}, 3},
      {{kNever, kNever}, kNever},
      {{}, kNever},
  };
  for (const auto& c : cases) EXPECT_EQ(median(c.values), c.median);
}

Cell cell_of(const std::vector<double>& times) {
  Cell cell{"s", "w", {}};
  for (std::size_t i = 0; i < times.size(); ++i) {
    std::vector<CurvePoint> curve{{times[i] / 2, 1, 0.0}, {times[i], 2, 0.6}};
    if (!std::isfinite(times[i])) curve = {{1, 1, 0.0}};
    cell.studies.push_back({static_cast<int>(i), {finished_trial(0, curve)}});
  }
  return cell;
}

TEST(TimeToTarget, OfACellIsTheMedianOverPlannedStudies) {
  const auto cell = cell_of({2, 6, 4});
  const auto time = time_to_target(&cell, "s", kAccuracy, 3);
  EXPECT_EQ(time.median_s, 4);
  EXPECT_EQ(time.bracket_low_s, 2);
  EXPECT_EQ(time.status, CellStatus::reached);
  EXPECT_EQ(time.missing_studies, 0);
}

TEST(TimeToTarget, MissingPlannedStudiesAreInfiniteAndFlagged) {
  const auto cell = cell_of({2, 6});
  const auto three = time_to_target(&cell, "s", kAccuracy, 3);
  EXPECT_EQ(three.median_s, 6);  // {2, 6, inf}
  EXPECT_EQ(three.missing_studies, 1);
  ASSERT_EQ(three.studies.size(), 3u);
  EXPECT_TRUE(three.studies[2].missing);
  EXPECT_EQ(three.studies[2].study, 2);

  const auto five = time_to_target(&cell, "s", kAccuracy, 5);
  EXPECT_EQ(five.median_s, kNever);
  EXPECT_EQ(five.missing_studies, 3);
  EXPECT_EQ(five.status, CellStatus::study_missing);
}

TEST(TimeToTarget, StatusSaysWhyACellIsInfinite) {
  auto cell = cell_of({kNever});
  EXPECT_EQ(time_to_target(&cell, "s", kAccuracy, 1).status, CellStatus::target_missed);
  cell.studies[0].trials[0].outcome->kind = OutcomeKind::hung;
  EXPECT_EQ(time_to_target(&cell, "s", kAccuracy, 1).status, CellStatus::all_failed);
  cell.studies[0].trials[0].outcome.reset();
  EXPECT_EQ(time_to_target(&cell, "s", kAccuracy, 1).status, CellStatus::unfinished);
  EXPECT_EQ(time_to_target(nullptr, "s", kAccuracy, 1).status, CellStatus::study_missing);
}

TEST(TimeToTarget, CoversEveryPairEvenWithoutACell) {
  auto results = test::results_of_times({{1, 2}, {3, 4}});
  results.cells.erase(results.cells.begin() + 2);
  const auto times = times_to_target(results);
  ASSERT_EQ(times.size(), 4u);
  EXPECT_EQ(times[1].median_s, 2);
  EXPECT_EQ(times[2].median_s, kNever);
  EXPECT_EQ(times[2].submission, "s1");
  EXPECT_EQ(times[2].workload, "w0");
}

}  // namespace
}  // namespace timetrial::scoring
