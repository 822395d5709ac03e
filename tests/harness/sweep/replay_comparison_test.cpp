#include "harness/sweep/replay_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::sweep {
namespace {

Evaluation evaluation(std::int64_t step, const std::string& hash, double auc) {
  Evaluation result;
  result.step = step;
  result.parameter_hash = hash;
  result.metrics = {{"validation/auc", auc}, {"test/auc", auc / 2}};
  return result;
}

std::vector<Evaluation> curve() {
  return {evaluation(1, "a", 0.5), evaluation(200, "b", 0.7), evaluation(450, "c", 0.75)};
}

ReplayComparison compare(const std::vector<Evaluation>& replayed, double tolerance = 0) {
  return compare_replay(curve(), replayed, "validation/auc", tolerance);
}

TEST(ReplayComparison, OfEqualCurvesIsIdentical) {
  const auto result = compare(curve());
  EXPECT_EQ(result.verdict, ReplayVerdict::identical);
  EXPECT_FALSE(result.differs_at);
  EXPECT_EQ(result.evaluations.size(), 3U);
}

TEST(ReplayComparison, TakesNotANumberAsEqualToItself) {
  auto recorded = curve();
  recorded[1].metrics["test/auc"] = std::nan("");
  EXPECT_EQ(compare_replay(recorded, recorded, "validation/auc", 0).verdict,
            ReplayVerdict::identical);
  EXPECT_EQ(compare(recorded).differs_at, 200);
}

TEST(ReplayComparison, SaysWhereParametersBeginToDiffer) {
  auto replayed = curve();
  replayed[1] = evaluation(200, "x", 0.71);
  replayed[2] = evaluation(450, "y", 0.75);
  const auto result = compare(replayed);
  EXPECT_EQ(result.verdict, ReplayVerdict::different);
  EXPECT_EQ(result.differs_at, 200);
  EXPECT_EQ(result.difference, "other parameters and metrics: test/auc, validation/auc");
  EXPECT_NEAR(result.largest_difference, 0.01, 1e-12);
  EXPECT_EQ(compare(replayed, 0.02).verdict, ReplayVerdict::same_curve);
}

TEST(ReplayComparison, FindsARowThatWasChangedWithoutTheParameters) {
  auto replayed = curve();
  replayed[2].metrics["test/auc"] += 1e-9;
  const auto result = compare(replayed, 0.5);
  EXPECT_EQ(result.verdict, ReplayVerdict::different);
  EXPECT_EQ(result.differs_at, 450);
  EXPECT_EQ(result.difference, "the same parameters, other metrics: test/auc");
}

TEST(ReplayComparison, MissesWhatTheReplayDidNotReach) {
  auto replayed = curve();
  replayed.pop_back();
  const auto result = compare(replayed, 1);
  EXPECT_EQ(result.verdict, ReplayVerdict::different);
  EXPECT_EQ(result.differs_at, 450);
  EXPECT_THAT(result.difference, testing::HasSubstr("not evaluated there"));
}

}  // namespace
}  // namespace timetrial::sweep
