#include "workloads/metrics/auc.h"
#include "workloads/metrics/classification.h"
#include "workloads/metrics/likelihood.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <timetrial/random.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

namespace timetrial::metrics {
namespace {

TEST(ClassificationSums, EqualHandComputedValues) {
  ClassificationSums sums;
  // Probabilities (3/4, 1/4), (1/2, 1/2), (1/5, 4/5).
  const auto logits = at::tensor({3.0f, 1.0f, 1.0f, 1.0f, 1.0f, 4.0f}).log().view({3, 2});
  sums.add(logits.slice(0, 0, 2), at::tensor({0, 1}, at::kLong));  // right; a tie goes to class 0
  sums.add(logits.slice(0, 2, 3), at::tensor({1}, at::kLong));     // right
  EXPECT_EQ(sums.examples(), 3);
  EXPECT_DOUBLE_EQ(sums.accuracy(), 2.0 / 3);
  EXPECT_NEAR(sums.loss(), -(std::log(0.75) + std::log(0.5) + std::log(0.8)) / 3, 1e-7);
}

TEST(ClassificationSums, DoNotDependOnTheBatchSize) {
  at::manual_seed(5);
  const auto logits = at::randn({1000, 10});
  const auto targets = at::randint(10, {1000}, at::kLong);
  ClassificationSums whole;
  whole.add(logits, targets);
  for (const std::int64_t batch : {1, 7, 333}) {
    ClassificationSums parts;
    for (std::int64_t i = 0; i < 1000; i += batch) {
      const auto end = std::min<std::int64_t>(i + batch, 1000);
      parts.add(logits.slice(0, i, end), targets.slice(0, i, end));
    }
    EXPECT_EQ(parts.accuracy(), whole.accuracy());
    EXPECT_NEAR(parts.loss(), whole.loss(), 1e-12);
  }
}

TEST(ClassificationSums, ADivergedModelHasNoLoss) {
  ClassificationSums sums;
  sums.add(at::full({1, 2}, NAN), at::zeros({1}, at::kLong));
  EXPECT_TRUE(std::isnan(sums.loss()));
}

TEST(Auc, EqualsHandComputedValues) {
  const struct {
    std::string name;
    std::vector<float> scores;
    std::vector<std::uint8_t> positive;
    double expected;
  } cases[] = {
      {"perfect", {0.1f, 0.2f, 0.8f, 0.9f}, {0, 0, 1, 1}, 1},
      {"inverted", {0.1f, 0.2f, 0.8f, 0.9f}, {1, 1, 0, 0}, 0},
      {"all tied", {0.5f, 0.5f, 0.5f}, {1, 0, 1}, 0.5},
      {"one of four pairs wrong", {0.1f, 0.4f, 0.35f, 0.8f}, {0, 0, 1, 1}, 0.75},
      {"one of two pairs tied", {0.3f, 0.3f, 0.1f}, {1, 0, 0}, 0.75},
      {"infinities tie with themselves", {INFINITY, INFINITY, -INFINITY}, {1, 0, 0}, 0.75},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_DOUBLE_EQ(auc(c.scores, c.positive), c.expected);
  }
}

TEST(Auc, EqualsCountingAllPairs) {
  Random random(11);
  std::vector<float> scores;
  std::vector<std::uint8_t> positive;
  for (int i = 0; i < 300; ++i) {
    scores.push_back(static_cast<float>(random.below(40)));  // few values: many ties
    positive.push_back(random.below(3) == 0);
  }
  double won = 0, pairs = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    for (std::size_t j = 0; j < scores.size(); ++j) {
      if (positive[i] == 0 || positive[j] != 0) continue;
      pairs += 1;
      won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
    }
  }
  EXPECT_NEAR(auc(scores, positive), won / pairs, 1e-12);
}

TEST(Auc, IsUndefinedWithoutBothClassesOrWithNaN) {
  const std::vector<float> scores = {0.1f, 0.2f}, bad = {0.1f, NAN};
  const std::vector<std::uint8_t> mixed = {0, 1}, same = {1, 1}, longer = {0, 1, 1};
  EXPECT_TRUE(std::isnan(auc(scores, same)));
  EXPECT_TRUE(std::isnan(auc(bad, mixed)));
  EXPECT_TRUE(std::isnan(auc({}, {})));
  EXPECT_THROW(auc(scores, longer), std::invalid_argument);
}

TEST(Likelihood, UniformGuessOverAByteCostsEightBits) {
  EXPECT_DOUBLE_EQ(bits_per_byte(100 * std::log(256.0), 100), 8);
  EXPECT_NEAR(perplexity(100 * std::log(256.0), 100), 256, 1e-9);
  // Half as many tokens for the same bytes: other perplexity, same bits per byte.
  EXPECT_DOUBLE_EQ(bits_per_byte(50 * std::log(65536.0), 100), 8);
}

}  // namespace
}  // namespace timetrial::metrics
