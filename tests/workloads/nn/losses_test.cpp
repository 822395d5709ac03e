#include "workloads/nn/losses.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::nn {
namespace {

// Probabilities (1/2, 1/4, 1/4) and (1/10, 8/10, 1/10).
at::Tensor logits() { return at::tensor({2.0, 1.0, 1.0, 1.0, 8.0, 1.0}).log().view({2, 3}); }

TEST(SoftmaxCrossEntropy, SumsOverWeightedExamples) {
  const auto targets = at::tensor({0, 2}, at::kLong);
  const auto all = softmax_cross_entropy(logits(), targets, {}, 0);
  EXPECT_NEAR(all.per_example[0].item<double>(), std::log(2.0), 1e-12);
  EXPECT_NEAR(all.per_example[1].item<double>(), std::log(10.0), 1e-12);
  EXPECT_NEAR(all.mean().item<double>(), std::log(20.0) / 2, 1e-12);
  const auto padded = softmax_cross_entropy(logits(), targets, at::tensor({1.0, 0.0}), 0);
  EXPECT_EQ(padded.per_example[1].item<double>(), 0);
  EXPECT_EQ(padded.valid_examples.item<double>(), 1);
  EXPECT_NEAR(padded.mean().item<double>(), std::log(2.0), 1e-12);
  ASSERT_EQ(padded.per_task.size(), 1u);
  EXPECT_EQ(padded.per_task[0].item<double>(), padded.mean().item<double>());
}

TEST(SoftmaxCrossEntropy, SmoothingMixesTargetsWithTheUniformDistribution) {
  const auto loss = softmax_cross_entropy(logits(), at::tensor({0, 1}, at::kLong), {}, 0.3);
  const double log_of_all = (std::log(0.5) + 2 * std::log(0.25)) / 3;
  EXPECT_NEAR(loss.per_example[0].item<double>(), -(0.7 * std::log(0.5) + 0.3 * log_of_all), 1e-12);
}

TEST(SoftmaxCrossEntropy, TakesProbabilitiesAsTargets) {
  const auto soft = at::tensor({0.5, 0.5, 0.0, 0.0, 1.0, 0.0}).view({2, 3});
  const auto loss = softmax_cross_entropy(logits(), soft, {}, 0);
  EXPECT_NEAR(loss.per_example[0].item<double>(), -(std::log(0.5) + std::log(0.25)) / 2, 1e-12);
  EXPECT_NEAR(loss.per_example[1].item<double>(), -std::log(0.8), 1e-12);
}

TEST(SoftmaxCrossEntropy, KeepsTheShapeOfSequences) {
  const auto targets = at::tensor({0, 1, 2, 0}, at::kLong).view({2, 2});
  const auto loss = softmax_cross_entropy(at::zeros({2, 2, 3}), targets, at::ones({2, 2}), 0);
  EXPECT_EQ(loss.per_example.sizes(), targets.sizes());
  EXPECT_NEAR(loss.mean().item<double>(), std::log(3.0), 1e-6);
}

TEST(SigmoidCrossEntropy, EqualsItsDefinitionAndCannotOverflow) {
  const auto loss = sigmoid_cross_entropy(at::tensor({0.0, 2.0, -1000.0, 1000.0}),
                                          at::tensor({1.0, 0.0, 0.0, 0.0}), {});
  EXPECT_NEAR(loss.per_example[0].item<double>(), std::log(2.0), 1e-12);
  EXPECT_NEAR(loss.per_example[1].item<double>(), 2 + std::log1p(std::exp(-2.0)), 1e-12);
  EXPECT_EQ(loss.per_example[2].item<double>(), 0);
  EXPECT_EQ(loss.per_example[3].item<double>(), 1000);
}

TEST(MeanAbsoluteError, IsTheMeanOverAnExample) {
  const auto outputs = at::tensor({1.F, 2.F, 3.F, 4.F, 0.F, 0.F, 0.F, 0.F}).view({2, 2, 2});
  const auto targets = at::tensor({1.F, 0.F, 6.F, 4.F, 1.F, 1.F, -1.F, 9.F}).view({2, 2, 2});
  const Loss all = mean_absolute_error(outputs, targets, {});
  EXPECT_TRUE(at::allclose(all.per_example, at::tensor({1.25F, 3.F})));
  EXPECT_EQ(all.valid_examples.item<double>(), 2);
  const Loss masked = mean_absolute_error(outputs, targets, at::tensor({1.F, 0.F}));
  EXPECT_TRUE(at::allclose(masked.per_example, at::tensor({1.25F, 0.F})));
  EXPECT_EQ(masked.summed.item<double>(), 1.25);
  EXPECT_EQ(masked.valid_examples.item<double>(), 1);
  EXPECT_THROW(mean_absolute_error(outputs, targets.flatten(1), {}), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::nn
