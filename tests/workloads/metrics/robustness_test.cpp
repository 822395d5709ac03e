// Corrupted images, and what groups get of a classifier.
#include "workloads/metrics/corruptions.h"
#include "workloads/metrics/fairness.h"

#include <timetrial/random.h>

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace timetrial::metrics {
namespace {

/// Two images with some of everything, away from the ends of the range.
at::Tensor images() {
  return at::arange(2 * 3 * 32 * 32, at::kFloat)
      .mul(0.37)
      .sin()
      .mul(0.2)
      .add(0.4)
      .view({2, 3, 32, 32});
}

TEST(Corruptions, GrowWithSeverityAndStayImages) {
  for (const Corruption kind : kCorruptions) {
    SCOPED_TRACE(to_string(kind));
    double last = 0;
    for (int severity = 1; severity <= kSeverities; ++severity) {
      const auto found = corrupted(images(), kind, severity, 1);
      EXPECT_EQ(found.sizes(), images().sizes());
      EXPECT_GE(found.min().item<double>(), 0);
      EXPECT_LE(found.max().item<double>(), 1);
      const double distance = (found - images()).square().mean().item<double>();
      EXPECT_GT(distance, last);
      last = distance;
    }
    EXPECT_TRUE(at::equal(corrupted(images(), kind, 3, 1), corrupted(images(), kind, 3, 1)));
    // An image by itself is what it is among others.
    EXPECT_TRUE(corrupted(images().narrow(0, 0, 1), kind, 3, 1)
                    .allclose(corrupted(images(), kind, 3, 1).narrow(0, 0, 1), 1e-5, 1e-6));
  }
}

TEST(Corruptions, AreWhatTheyAreCalled) {
  const auto grey = at::full({1, 1, 64, 64}, 0.5F);
  const auto noise = corrupted(grey, Corruption::noise, 5, 3) - grey;
  EXPECT_NEAR(noise.std().item<double>(), 0.10, 0.004);
  EXPECT_NEAR(noise.mean().item<double>(), 0, 0.005);
  EXPECT_FALSE(at::equal(noise, corrupted(grey, Corruption::noise, 5, 4) - grey));
  EXPECT_TRUE(corrupted(grey, Corruption::blur, 5, 1).allclose(grey));
  EXPECT_TRUE(corrupted(grey, Corruption::contrast, 5, 1).allclose(grey));
  EXPECT_TRUE(corrupted(grey, Corruption::pixelation, 5, 1).allclose(grey));
  EXPECT_TRUE(corrupted(grey, Corruption::brightness, 2, 1).allclose(grey + 0.1));
  EXPECT_THROW(corrupted(grey, Corruption::blur, 0, 1), std::invalid_argument);
  EXPECT_THROW(corrupted(grey, Corruption::blur, 6, 1), std::invalid_argument);
  EXPECT_THROW(corrupted(grey[0], Corruption::blur, 1, 1), std::invalid_argument);
}

TEST(Fairness, AccuracyComesByGroup) {
  const std::vector<std::uint8_t> right = {1, 0, 1, 1};
  const std::vector<std::int64_t> groups = {7, 7, 2, 2};
  const auto found = accuracy_by_group(right, groups);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].group, 2);
  EXPECT_EQ(found[0].accuracy, 1);
  EXPECT_EQ(found[1].examples, 2);
  EXPECT_EQ(found[1].accuracy, 0.5);
  EXPECT_THROW(accuracy_by_group(right, std::vector<std::int64_t>{1}), std::invalid_argument);
}

TEST(Fairness, ParityCostsWhatTheBaseRatesDiffer) {
  // Scores that know everything; 3 of 4 of one group are positive, 1 of 4 of the other.
  const std::vector<double> scores = {4, 3, 2, 1, 4, 3, 2, 1};
  const std::vector<std::uint8_t> positive = {1, 1, 1, 0, 1, 0, 0, 0},
                                  second = {0, 0, 0, 0, 1, 1, 1, 1};
  const auto found =
      parity_tradeoff(scores, positive, second, std::vector<double>{0, 0.25, 0.5, 1});
  EXPECT_DOUBLE_EQ(found[0].accuracy, 6.0 / 8) << "two decisions against what is known";
  EXPECT_DOUBLE_EQ(found[1].accuracy, 7.0 / 8);
  EXPECT_DOUBLE_EQ(found[2].accuracy, 1);
  EXPECT_DOUBLE_EQ(found[3].accuracy, 1);
}

TEST(Fairness, ParityTradeoffEqualsASearchOfAllThresholds) {
  Random random(3);
  std::vector<double> scores;
  std::vector<std::uint8_t> positive, second;
  for (int i = 0; i < 61; ++i) {
    second.push_back(random.uniform() < 0.4 ? 1 : 0);
    positive.push_back(random.uniform() < (second.back() != 0 ? 0.3 : 0.6) ? 1 : 0);
    scores.push_back(random.uniform() + 0.5 * positive.back());
  }
  for (const double gap : {0.0, 0.05, 0.2, 0.7}) {
    double best = 0;
    auto thresholds = scores;
    thresholds.push_back(2);  // above all of them
    for (const double a : thresholds) {
      for (const double b : thresholds) {
        double right = 0, rate[2] = {0, 0}, size[2] = {0, 0};
        for (std::size_t i = 0; i < scores.size(); ++i) {
          const bool says = scores[i] >= (second[i] != 0 ? b : a);
          right += says == (positive[i] != 0) ? 1 : 0;
          rate[second[i]] += says ? 1 : 0;
          size[second[i]] += 1;
        }
        if (std::abs(rate[0] / size[0] - rate[1] / size[1]) <= gap + 1e-12) {
          best = std::max(best, right / 61);
        }
      }
    }
    EXPECT_DOUBLE_EQ(
        parity_tradeoff(scores, positive, second, std::vector<double>{gap})[0].accuracy, best)
        << gap;
  }
  EXPECT_THROW(
      parity_tradeoff(scores, positive, std::vector<std::uint8_t>(61, 0), std::vector<double>{0}),
      std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::metrics
