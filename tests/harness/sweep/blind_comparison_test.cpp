#include "harness/sweep/blind_comparison.h"

#include <timetrial/random.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::sweep {
namespace {

const BlindTerms kTerms{"validation/auc", true, 0.75};

Evaluation evaluation(std::int64_t step, double auc, double time_s, const std::string& hash) {
  Evaluation result;
  result.step = step;
  result.submission_time_s = time_s;
  result.parameter_hash = hash;
  result.metrics = {{"validation/auc", auc}};
  return result;
}

/// Two trials that reach the target at their second evaluation; the blind one is better by
/// `difference` and takes `slowness` times as long.
BlindPair pair(double difference, double slowness = 1, const std::string& hash = "same") {
  const Outcome done{OutcomeKind::completed};
  return {done,
          done,
          {evaluation(100, 0.7, 1, "same"), evaluation(200, 0.8, 2, "same")},
          {evaluation(100, 0.7 + difference, slowness, hash),
           evaluation(200, 0.8 + difference, 2 * slowness, hash)}};
}

TEST(BlindComparison, OfEqualBitsIsNoChange) {
  const auto result = compare_blind({pair(0), pair(0), pair(0)}, kTerms);
  EXPECT_EQ(result.verdict, BlindVerdict::no_change);
  EXPECT_EQ(result.same_bits, 3);
  EXPECT_EQ(result.metric->low, 0);
  EXPECT_EQ(result.metric->high, 0);
}

TEST(BlindComparison, TellsADifferenceFromNoise) {
  const auto noise = compare_blind(
      {pair(0.01, 1, "a"), pair(-0.012, 1, "b"), pair(0.003, 1, "c"), pair(-0.002, 1, "d")},
      kTerms);
  EXPECT_EQ(noise.verdict, BlindVerdict::no_change);
  EXPECT_EQ(noise.same_bits, 0);
  const auto change = compare_blind(
      {pair(-0.02, 1, "a"), pair(-0.03, 1, "b"), pair(-0.022, 1, "c"), pair(-0.027, 1, "d")},
      kTerms);
  EXPECT_EQ(change.verdict, BlindVerdict::changes);
  EXPECT_NEAR(change.metric->mean, -0.02475, 1e-12);
}

TEST(BlindComparison, FlagsTimesBeyondTheMachinesSlack) {
  const auto slower = compare_blind({pair(0, 1.5), pair(0, 1.6), pair(0, 1.55)}, kTerms);
  EXPECT_EQ(slower.verdict, BlindVerdict::changes);
  EXPECT_NEAR(slower.time_to_target->mean, std::cbrt(1.5 * 1.6 * 1.55), 1e-12);
  const auto slack = compare_blind({pair(0, 1.03), pair(0, 1.031), pair(0, 1.029)}, kTerms);
  EXPECT_EQ(slack.verdict, BlindVerdict::no_change);
}

TEST(BlindComparison, NeedsThreePairs) {
  EXPECT_EQ(compare_blind({pair(-0.5), pair(-0.5)}, kTerms).verdict, BlindVerdict::too_few_pairs);
  EXPECT_EQ(compare_blind({}, kTerms).verdict, BlindVerdict::too_few_pairs);
  EXPECT_EQ(interval_of({1, 2}), std::nullopt);
}

TEST(BlindComparison, CountsATrialThatFailsBlindAsAChange) {
  auto failed = pair(0);
  failed.blind_outcome = {OutcomeKind::crashed, "init: unknown parameter"};
  failed.blind.clear();
  const auto result = compare_blind({pair(0), pair(0), failed}, kTerms);
  EXPECT_EQ(result.verdict, BlindVerdict::changes);
  EXPECT_EQ(result.pairs, 2);
  EXPECT_THAT(result.ended_differently,
              testing::ElementsAre("plain completed, blind crashed: init: unknown parameter"));
}

TEST(BlindComparison, ItsIntervalsAreStudentsT) {
  const auto interval = interval_of({1, 2, 3, 4, 6});
  // Mean 3.2, standard error sqrt(3.7 / 5), t of four degrees 2.776445; the table has 2.776.
  EXPECT_NEAR(interval->low, 3.2 - 2.388389, 5e-4);
  EXPECT_NEAR(interval->high, 3.2 + 2.388389, 5e-4);
}

/// Random differences with no mean: at most about one comparison in twenty may be flagged.
TEST(BlindComparison, SeldomFlagsWhatIsOnlyNoise) {
  constexpr int kTrials = 2000;
  Random random(7);
  int flagged = 0;
  for (int i = 0; i < kTrials; ++i) {
    std::vector<BlindPair> pairs;
    for (int n = 0; n < 5; ++n) {
      double sum = -6;  // of twelve uniform numbers: nearly normal
      for (int k = 0; k < 12; ++k) sum += random.uniform();
      pairs.push_back(pair(0.01 * sum, 1, "other"));
    }
    flagged += compare_blind(pairs, kTerms).verdict == BlindVerdict::changes ? 1 : 0;
  }
  EXPECT_LT(flagged, kTrials * 7 / 100);
  EXPECT_GT(flagged, kTrials * 3 / 100) << "intervals that are too wide find nothing";
}

}  // namespace
}  // namespace timetrial::sweep
