#include "workloads/speech/ctc_loss.h"

#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::speech {
namespace {

using Tokens = std::vector<std::int64_t>;

Tokens collapsed(const Tokens& path) {
  Tokens result;
  for (std::size_t t = 0; t < path.size(); ++t) {
    if (path[t] != 0 && (t == 0 || path[t] != path[t - 1])) result.push_back(path[t]);
  }
  return result;
}

/// The likelihood by its definition: over every path of `frames` tokens that collapses to target.
double brute_force(const at::Tensor& logits, std::int64_t frames, const Tokens& target) {
  const auto probabilities = at::softmax(logits.to(at::kDouble), -1);
  const std::int64_t tokens = logits.size(1);
  double likelihood = 0;
  const auto paths = static_cast<std::int64_t>(std::pow(tokens, frames) + 0.5);
  for (std::int64_t number = 0; number < paths; ++number) {
    Tokens path;
    double probability = 1;
    for (std::int64_t t = 0, rest = number; t < frames; ++t, rest /= tokens) {
      path.push_back(rest % tokens);
      probability *= probabilities[t][path.back()].item<double>();
    }
    if (collapsed(path) == target) likelihood += probability;
  }
  return -std::log(likelihood);
}

/// Three examples of 4 tokens: 5, 4 and 5 frames; 2, 1 and no target tokens.
struct Example {
  at::Tensor logits = (at::manual_seed(7), at::randn({3, 5, 4}));
  at::Tensor logit_paddings = at::tensor({0.F, 0.F, 0.F, 0.F, 0.F,  //
                                          0.F, 0.F, 0.F, 0.F, 1.F,  //
                                          0.F, 0.F, 0.F, 0.F, 0.F})
                                  .view({3, 5});
  at::Tensor targets = at::tensor({1, 1, 3, 2, 2, 1}, at::kLong).view({3, 2});
  at::Tensor target_paddings = at::tensor({0.F, 0.F, 0.F, 1.F, 1.F, 1.F}).view({3, 2});

  Loss loss(const at::Tensor& mask = {}) const {
    return masked_ctc_loss(logits, logit_paddings, targets, target_paddings, mask);
  }
};

TEST(MaskedCtcLoss, IsTheSumOverAllAlignments) {
  const Example example;
  const auto loss = example.loss();
  EXPECT_NEAR(loss.per_example[0].item<double>(), brute_force(example.logits[0], 5, {1, 1}), 1e-5);
  EXPECT_NEAR(loss.per_example[1].item<double>(), brute_force(example.logits[1], 4, {3}), 1e-5);
  EXPECT_NEAR(loss.per_example[2].item<double>(), brute_force(example.logits[2], 5, {}), 1e-5);
  EXPECT_NEAR(loss.summed.item<double>(), loss.per_example.sum().item<double>(), 1e-5);
}

TEST(MaskedCtcLoss, DividesByTokensWithoutAMaskAndByExamplesWithOne) {
  const Example example;
  EXPECT_EQ(example.loss().valid_examples.item<double>(), 3);
  const auto masked = example.loss(at::tensor({0.F, 1.F, 1.F}));
  EXPECT_EQ(masked.valid_examples.item<double>(), 1);  // the third has no target
  EXPECT_EQ(masked.per_example[0].item<double>(), 0);
  EXPECT_EQ(masked.per_example[1].item<double>(), example.loss().per_example[1].item<double>());
  EXPECT_EQ(example.loss(at::zeros({3})).valid_examples.item<double>(), 1);
  EXPECT_NEAR(masked.per_task.at(0).item<double>(), masked.summed.item<double>(), 1e-6);
}

TEST(MaskedCtcLoss, PaddedFramesAndTokensHaveNoSay) {
  Example example;
  const auto before = example.loss().per_example;
  example.logits[1][4].fill_(100);
  example.targets[1][1] = 3;
  example.logits.requires_grad_(true);
  const auto loss = example.loss();
  EXPECT_TRUE(at::equal(loss.per_example, before));
  loss.mean().backward();
  EXPECT_EQ(example.logits.grad()[1][4].abs().max().item<double>(), 0);
  EXPECT_GT(example.logits.grad()[1][3].abs().max().item<double>(), 0);
}

/// The gradient of the mean loss, as a graph or not.
at::Tensor gradient(const Example& example, bool create_graph) {
  return torch::autograd::grad({example.loss().mean()}, {example.logits}, {}, create_graph,
                               create_graph)[0];
}

TEST(MaskedCtcLoss, GradientsWithAndWithoutAGraphAreTheSame) {
  Example example;
  example.logits.requires_grad_(true);
  EXPECT_TRUE(at::allclose(gradient(example, true), gradient(example, false), 1e-5, 1e-6));
}

TEST(MaskedCtcLoss, CanBeDifferentiatedTwice) {
  Example example;
  example.logits.requires_grad_(true);
  const auto direction = at::randn_like(example.logits.detach());
  const auto product =
      torch::autograd::grad({(gradient(example, true) * direction).sum()}, {example.logits})[0];
  const auto moved = [&](double by) {
    Example other;
    other.logits = (example.logits.detach() + direction * by).requires_grad_(true);
    return gradient(other, false);
  };
  constexpr double kStep = 1e-2;
  const auto numeric = (moved(kStep) - moved(-kStep)) / (2 * kStep);
  EXPECT_LT((product - numeric).abs().max().item<double>(),
            1e-3 * numeric.abs().max().item<double>());
}

TEST(MaskedCtcLoss, ATranscriptThatDoesNotFitIsInfinite) {
  Example example;
  example.logit_paddings = at::tensor({0.F, 0.F, 1.F, 1.F, 1.F}).expand({3, 5});
  // Two equal tokens need a blank between them: three frames.
  EXPECT_TRUE(std::isinf(example.loss().per_example[0].item<double>()));
}

}  // namespace
}  // namespace timetrial::speech
