#include "scoring/performance_profile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace timetrial::scoring {
namespace {

constexpr double kInf = INFINITY;

TEST(PerformanceProfile, StepsRiseAtEachRatioWithinTheLimit) {
  struct Case {
    const char* what;
    std::vector<double> ratios;
    std::vector<std::pair<double, double>> steps;
  };
  const Case cases[] = {
      {"all best", {1, 1}, {{1, 1}}},
      {"nowhere the best", {2, 3}, {{1, 0}, {2, 0.5}, {3, 1}}},
      {"equal ratios are one jump", {1, 2, 2, 4}, {{1, 0.25}, {2, 0.75}, {4, 1}}},
      {"beyond the limit and never", {1, 4.5, kInf}, {{1, 1.0 / 3}}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const auto steps = profile(c.ratios);
    ASSERT_EQ(steps.size(), c.steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
      EXPECT_EQ(steps[i].tau, c.steps[i].first);
      EXPECT_DOUBLE_EQ(steps[i].share, c.steps[i].second);
    }
  }
}

TEST(PerformanceProfile, ScoreIsTheMeanOfLinearCredits) {
  struct Case {
    std::vector<double> ratios;
    double tau_max, score;
  };
  const Case cases[] = {
      {{1}, 4, 1},      {{4}, 4, 0},         {{2.5}, 4, 0.5},
      {{kInf}, 4, 0},   {{1, kInf}, 4, 0.5}, {{1, 2.5, 4}, 4, 0.5},
      {{5, 1}, 4, 0.5}, {{2}, 3, 0.5},       {{1.5}, 2, 0.5},
  };
  for (const auto& c : cases) EXPECT_DOUBLE_EQ(profile_score(c.ratios, c.tau_max), c.score);
}

TEST(PerformanceProfile, ScoreIsTheIntegralOfTheSteps) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> ratio(1, 6);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> ratios;
    for (int i = 0; i < 1 + round % 9; ++i) ratios.push_back(i % 4 == 3 ? kInf : ratio(random));
    const auto steps = profile(ratios);
    double area = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const double end = i + 1 < steps.size() ? steps[i + 1].tau : kTauMax;
      area += steps[i].share * (end - steps[i].tau);
    }
    EXPECT_NEAR(profile_score(ratios), area / (kTauMax - 1), 1e-14) << "round " << round;
  }
}

TEST(PerformanceProfile, GeometricMeanTakesTheFiniteRatios) {
  EXPECT_DOUBLE_EQ(geometric_mean_of_finite(std::vector<double>{1, 4, kInf}), 2);
  EXPECT_EQ(geometric_mean_of_finite(std::vector<double>{kInf, kInf}), kInf);
}

TEST(PerformanceProfile, FasterThanTheReferenceCountsAsTheBest) {
  EXPECT_EQ(profile_score(std::vector<double>{0.5}), 1);
  EXPECT_EQ(grid_score(std::vector<double>{0.5}), 1);
  const auto steps = profile(std::vector<double>{0.5, 2});
  EXPECT_EQ(steps.front().share, 0.5);
}

TEST(PerformanceProfile, GridHasAHundredPointsFromOneToFour) {
  const auto& grid = tau_grid();
  ASSERT_EQ(grid.size(), 100u);
  EXPECT_EQ(grid.front(), 1);
  EXPECT_EQ(grid.back(), 4);
  EXPECT_EQ(grid[33], 2);
}

TEST(PerformanceProfile, GridScoreIsTheTrapezoidSumOfItsProfile) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> ratio(0.7, 0.7);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> ratios;
    for (int w = 0; w < 8; ++w) ratios.push_back(1 + ratio(random));
    ratios[0] = tau_grid()[static_cast<std::size_t>(round) % 100];  // on a point of the grid
    ratios[1] = kInf;
    const auto shares = grid_profile(ratios);
    double sum = 0;
    for (std::size_t i = 1; i < shares.size(); ++i) {
      sum += (shares[i - 1] + shares[i]) / 2 * (tau_grid()[i] - tau_grid()[i - 1]);
    }
    EXPECT_NEAR(grid_score(ratios), sum / 3, 1e-13);
  }
}

}  // namespace
}  // namespace timetrial::scoring
