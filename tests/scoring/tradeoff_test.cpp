#include "scoring/tradeoff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace timetrial::scoring {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(NonDominated, KeepsWhatNothingBeatsInEveryTask) {
  EXPECT_THAT(non_dominated({{1, 4}, {2, 2}, {3, 3}, {4, 1}, {2, 5}}), ElementsAre(0, 1, 3));
  EXPECT_THAT(non_dominated({{1, 1, 3}, {1, 2, 2}, {1, 2, 3}}), ElementsAre(0, 1));
}

TEST(NonDominated, KeepsTheFirstOfEqualPointsAndNothingThatIsNotFinite) {
  EXPECT_THAT(non_dominated({{2, 2}, {2, 2}, {kNan, 1}, {kInfinity, 0}}), ElementsAre(0));
  EXPECT_THAT(non_dominated({{kNan, 1}}), IsEmpty());
  EXPECT_THAT(non_dominated({}), IsEmpty());
}

TEST(Excess, IsTheFactorByWhichAnOutcomeLiesBeyondTheFront) {
  const std::vector<Losses> front{{1, 4}, {2, 2}, {4, 1}};
  EXPECT_DOUBLE_EQ(excess({2, 2}, front), 0) << "on it";
  EXPECT_DOUBLE_EQ(excess({1, 1}, front), std::log(2)) << "twice as good as (2, 2) in both";
  EXPECT_DOUBLE_EQ(excess({4, 4}, front), -std::log(2)) << "(2, 2) is twice as good";
  EXPECT_DOUBLE_EQ(excess({0.5, 40}, front), std::log(2)) << "beyond its end: no point is there";
  EXPECT_EQ(excess({kNan, 1}, front), -kInfinity);
}

TEST(Excess, NeedsAFrontAndPositiveLosses) {
  EXPECT_THROW(excess({1, 1}, {}), std::invalid_argument);
  EXPECT_THROW(excess({1, 1}, {{1, 1, 1}}), std::invalid_argument);
  EXPECT_THROW(excess({0, 1}, {{1, 1}}), std::invalid_argument);
}

TEST(Excess, IsStricterAgainstTheLineBetweenPoints) {
  const std::vector<Losses> front{{1, 3}, {3, 1}};
  EXPECT_GT(excess({2, 2}, front), 0.4);
  EXPECT_NEAR(excess({2, 2}, interpolated(front, 63)), 0, 1e-12) << "it lies on the line";
  EXPECT_EQ(interpolated({{1, 3, 2}, {3, 1, 2}}, 9).size(), 2U) << "three tasks: unchanged";
}

TEST(Bracketed, NeedsAPointOfTheFrontPastTheOutcomeInEachTask) {
  const std::vector<Losses> front{{1, 4}, {4, 1}};
  EXPECT_TRUE(is_bracketed({2, 2}, front));
  EXPECT_FALSE(is_bracketed({0.9, 9}, front));
  EXPECT_FALSE(is_bracketed({9, 0.9}, front));
}

TEST(Hypervolume, IsTheAreaThatThePointsDominate) {
  EXPECT_DOUBLE_EQ(hypervolume({{1, 3}, {2, 2}, {3, 1}}, {4, 4}), 6);
  EXPECT_DOUBLE_EQ(hypervolume({{1, 3}, {2, 2}, {3, 1}, {3, 3}}, {4, 4}), 6) << "dominated";
  EXPECT_DOUBLE_EQ(hypervolume({{5, 0.1}, {4, 1}}, {4, 4}), 0) << "not inside";
  EXPECT_DOUBLE_EQ(hypervolume({}, {4, 4}), 0);
}

TEST(Hypervolume, IsTheVolumeOfThreeTasks) {
  EXPECT_DOUBLE_EQ(hypervolume({{0, 0, 0}}, {2, 3, 4}), 24);
  // Two boxes of 1 x 2 x 2 and 2 x 1 x 2 that share 1 x 1 x 2.
  EXPECT_DOUBLE_EQ(hypervolume({{1, 0, 0}, {0, 1, 0}}, {2, 2, 2}), 6);
  // Three boxes 2 x 1 x 1, 1 x 2 x 1, 1 x 1 x 2 around a shared unit cube.
  EXPECT_DOUBLE_EQ(hypervolume({{0, 1, 1}, {1, 0, 1}, {1, 1, 0}}, {2, 2, 2}), 4);
}

TEST(Hypervolume, AgreesWithCountingOnAGrid) {
  const std::vector<Losses> points{
      {0.1, 0.7, 0.5}, {0.3, 0.2, 0.9}, {0.6, 0.4, 0.1}, {0.2, 0.5, 0.6}, {0.8, 0.1, 0.3}};
  constexpr int kCells = 100;
  int inside = 0;
  for (int x = 0; x < kCells; ++x) {
    for (int y = 0; y < kCells; ++y) {
      for (int z = 0; z < kCells; ++z) {
        const Losses cell{(x + 0.5) / kCells, (y + 0.5) / kCells, (z + 0.5) / kCells};
        bool beaten = false;
        for (const auto& point : points) beaten |= dominates(point, cell);
        inside += beaten;
      }
    }
  }
  EXPECT_NEAR(hypervolume(points, {1, 1, 1}), inside / 1e6, 1e-9);
}

TEST(MeanOverSeeds, IsMissingWhenASeedIs) {
  EXPECT_THAT(*mean_over_seeds({{1, 2}, {3, 6}}), ElementsAre(2, 4));
  EXPECT_FALSE(mean_over_seeds({{1, 2}, {kNan, 6}}));
  EXPECT_FALSE(mean_over_seeds({{1, 2}, {}}));
  EXPECT_FALSE(mean_over_seeds({}));
}

/// Seeds that scatter around the losses by factors whose mean is 1.
Configuration around(const std::string& label, const std::string& detail, const Losses& test,
                     double validation_factor = 1, double spread = 0.01) {
  Configuration configuration{label, detail, {}, {}};
  for (const double sign : {-1.0, 0.0, 1.0}) {
    Losses on_test, on_validation;
    for (const double loss : test) {
      on_test.push_back(loss * (1 + sign * spread));
      on_validation.push_back(on_test.back() * validation_factor);
    }
    configuration.test.push_back(on_test);
    configuration.validation.push_back(on_validation);
  }
  return configuration;
}

TEST(ChooseFront, TakesOfEachWeightTheRateThatIsBestOnValidation) {
  const std::vector<Configuration> sweep{
      around("0.9", "slow", {1.2, 4}), around("0.9", "fast", {1, 4}),
      around("0.1", "slow", {3, 1}, 1), around("0.1", "fast", {2, 0.5}, 9),
      around("0.5", "broken", {kNan, 1})};
  const std::vector<Losses> weights{{0.9, 0.1}, {0.9, 0.1}, {0.1, 0.9}, {0.1, 0.9}, {0.5, 0.5}};
  const auto front = choose_front(sweep, weights);
  ASSERT_EQ(front.size(), 2U);
  EXPECT_EQ(front[0].detail, "fast");
  EXPECT_EQ(front[1].detail, "slow") << "better on test, worse on validation: not chosen";
  EXPECT_THAT(front[0].test, ElementsAre(DoubleNear(1, 1e-12), DoubleNear(4, 1e-12)));
  EXPECT_NEAR(front[0].test_error[0], 0.01 / std::sqrt(3), 1e-12);
}

TEST(CompareWithFront, TellsAWinFromAPointOfTheFront) {
  const std::vector<Configuration> sweep{around("0.9", "", {1, 4}), around("0.5", "", {2, 2}),
                                         around("0.1", "", {4, 1})};
  const auto front = choose_front(sweep, {{0.9, 0.1}, {0.5, 0.5}, {0.1, 0.9}});
  const auto found = compare_with_front(
      {around("on", "a", {2, 2}), around("beyond", "a", {2.1, 2.1}),
       around("beyond", "b", {1.6, 1.6}), around("inside", "a", {3, 3}),
       around("past the end", "a", {0.5, 8}), around("diverged", "a", {kNan, 1})},
      sweep, front, 0);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_NEAR(found[0].excess.value, 0, 1e-12);
  EXPECT_NEAR(found[0].excess.standard_error, 0, 1e-9)
      << "method and front lose the same seed, and scatter alike";
  EXPECT_EQ(found[1].detail, "b");
  EXPECT_NEAR(found[1].excess.value, std::log(2 / 1.6), 1e-12);
  EXPECT_TRUE(found[1].bracketed);
  EXPECT_LT(found[2].excess.value, 0);
  EXPECT_GT(found[3].excess.value, 0.6);
  EXPECT_FALSE(found[3].bracketed) << "the sweep ends before it";
}

TEST(CompareWithFront, TheErrorGrowsWithTheSeedsScatter) {
  const std::vector<Configuration> sweep{around("0.5", "", {2, 2}, 1, 0)};
  const auto front = choose_front(sweep, {{0.5, 0.5}});
  const auto found = compare_with_front(
      {around("calm", "", {2, 2}, 1, 0.01), around("wild", "", {2, 2}, 1, 0.1)}, sweep, front, 0);
  // log(2 / mean) of three seeds: the error of the mean, 0.01 / sqrt(3) and ten times that.
  EXPECT_NEAR(found[0].excess.standard_error, 0.01 / std::sqrt(3.0), 1e-4);
  EXPECT_NEAR(found[1].excess.standard_error, 0.1 / std::sqrt(3.0), 1e-2);
}

}  // namespace
}  // namespace timetrial::scoring
