#include "scoring/performance_profile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace timetrial::scoring {
namespace {

constexpr double kInf = INFINITY;

TEST(PerformanceProfile, RatiosAreToTheColumnsBest) {
  const auto r = ratios_to_best({{10, 30, kInf, 0}, {20, 15, kInf, 0}, {kInf, 60, kInf, 5}});
  EXPECT_EQ(r, (RatioMatrix{{1, 2, kInf, 1}, {2, 1, kInf, 1}, {kInf, 4, kInf, kInf}}));
}

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
  EXPECT_DOUBLE_EQ(geometric_mean_of_finite({1, 4, kInf}), 2);
  EXPECT_EQ(geometric_mean_of_finite({kInf, kInf}), kInf);
}

}  // namespace
}  // namespace timetrial::scoring
