#include "workloads/nn/fused_attention.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>
#include <vector>

namespace timetrial::nn {
namespace {

using Inputs = std::vector<at::Tensor>;

at::Tensor random(at::IntArrayRef shape, std::int64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(seed));
  return at::randn(shape, generator, at::TensorOptions(at::kDouble));
}

/// Query, key and value in the layout that split_heads gives.
Inputs inputs(std::int64_t queries, std::int64_t keys) {
  Inputs all;
  for (const std::int64_t length : {queries, keys, keys}) {
    const auto seed = static_cast<std::int64_t>(all.size()) + 1;
    all.push_back(random({2, length, 12}, seed).requires_grad_(true));
  }
  return all;
}

/// The definition, by other operations than the plain form has.
at::Tensor reference(const Inputs& in, const at::Tensor& mask, double scale, bool causal) {
  at::Tensor scores =
      scale * at::einsum("bhtd,bhsd->bhts", {split_heads(in[0], 3), split_heads(in[1], 3)});
  if (mask.defined()) scores = scores + mask;
  if (causal) scores = scores + at::full_like(scores, -1e30).triu(1);
  const at::Tensor weights = at::exp(scores - scores.logsumexp(-1, /*keepdim=*/true));
  return at::einsum("bhts,bhsd->bhtd", {weights, split_heads(in[2], 3)});
}

at::Tensor fused(const Inputs& in, const at::Tensor& mask, const AttentionOptions& options) {
  return fused_attention(split_heads(in[0], 3), split_heads(in[1], 3), split_heads(in[2], 3), mask,
                         options);
}

/// Hides the last keys: two of the first example's, five of the second's.
at::Tensor padding_mask(std::int64_t keys) {
  at::Tensor mask = at::zeros({2, 1, 1, keys}, at::kDouble);
  mask[0].slice(2, keys - 2).fill_(-1e10);
  mask[1].slice(2, keys - 5).fill_(-1e10);
  return mask;
}

struct Case {
  const char* name;
  std::int64_t queries, keys;
  at::Tensor mask;
  double scale;  ///< 0: the default
  bool causal;
};

std::vector<Case> cases() {
  return {{"alone", 7, 7, {}, 0, false},
          {"causal and scaled", 7, 7, {}, 0.7, true},
          {"padded keys", 5, 9, padding_mask(9), 0, false},
          {"a mask of every pair", 5, 9, random({2, 1, 5, 9}, 8), 0.3, false}};
}

TEST(FusedAttention, AndItsGradientEqualTheDefinition) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const Inputs in = inputs(c.queries, c.keys);
    const double scale = c.scale == 0 ? 1 / std::sqrt(4.0) : c.scale;
    const at::Tensor expected = reference(in, c.mask, scale, c.causal);
    const at::Tensor found = fused(in, c.mask, {.scale = c.scale, .causal = c.causal});
    EXPECT_TRUE(at::allclose(found, expected, 1e-9, 1e-10));
    const at::Tensor direction = random(expected.sizes(), 9);
    const auto expected_gradients = torch::autograd::grad({expected}, in, {direction});
    const auto gradients = torch::autograd::grad({found}, in, {direction});
    for (std::size_t i = 0; i < in.size(); ++i) {
      EXPECT_TRUE(at::allclose(gradients[i], expected_gradients[i], 1e-8, 1e-9)) << i;
    }
  }
}

TEST(FusedAttention, HasTheSameValuesWithoutAGraph) {
  const Inputs in = inputs(5, 9);
  const at::Tensor with_graph = fused(in, padding_mask(9), {});
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(at::equal(fused(in, padding_mask(9), {}), with_graph));
}

TEST(FusedAttention, HasTheSecondDerivativeOfTheDefinition) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const Inputs in = inputs(c.queries, c.keys);
    const double scale = c.scale == 0 ? 1 / std::sqrt(4.0) : c.scale;
    const auto product = [&](const at::Tensor& output) {
      const auto first = torch::autograd::grad({output.pow(3).sum()}, in, {}, std::nullopt,
                                               /*create_graph=*/true);
      at::Tensor along = at::zeros({}, at::kDouble);
      for (const at::Tensor& gradient : first) {
        along = along + (gradient * random(gradient.sizes(), 10)).sum();
      }
      return torch::autograd::grad({along}, in);
    };
    const auto expected = product(reference(in, c.mask, scale, c.causal));
    const auto found = product(fused(in, c.mask, {.scale = c.scale, .causal = c.causal}));
    for (std::size_t i = 0; i < in.size(); ++i) {
      EXPECT_TRUE(at::allclose(found[i], expected[i], 1e-7, 1e-8)) << i;
    }
  }
}

TEST(FusedAttention, TakesTheMeanWhereEveryKeyIsHidden) {
  Inputs in;
  for (const at::Tensor& tensor : inputs(5, 9)) {
    in.push_back(tensor.detach().to(at::kFloat).requires_grad_(true));
  }
  const at::Tensor mask = at::full({2, 1, 1, 9}, std::numeric_limits<float>::lowest());
  const at::Tensor found = fused(in, mask, {});
  const at::Tensor mean = split_heads(in[2], 3).mean(2, /*keepdim=*/true);
  EXPECT_TRUE(at::allclose(found, mean.expand_as(found), 1e-5, 1e-6));
  for (const at::Tensor& gradient : torch::autograd::grad({found.pow(2).sum()}, in)) {
    EXPECT_TRUE(at::isfinite(gradient).all().item<bool>());
  }
}

TEST(FusedAttention, GivesNoGradientToWhatAsksForNone) {
  Inputs in = inputs(4, 4);
  in[1] = in[1].detach();
  const at::Tensor loss = fused(in, {}, {}).pow(2).sum();
  const auto gradients =
      torch::autograd::grad({loss}, {in[0], in[2]}, {}, std::nullopt, /*create_graph=*/true);
  EXPECT_TRUE(gradients[0].defined());
  EXPECT_TRUE(gradients[1].defined());
}

TEST(FusedAttention, DropsProbabilities) {
  const Inputs in = inputs(6, 6);
  const at::Tensor kept = fused(in, {}, {});
  EXPECT_FALSE(at::allclose(fused(in, {}, {.dropout = 0.5}), kept));
}

}  // namespace
}  // namespace timetrial::nn
