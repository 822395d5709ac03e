#include "workloads/nn/layers.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace timetrial::nn {
namespace {

at::Tensor random(at::IntArrayRef shape, std::int64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(seed));
  return at::randn(shape, generator, at::TensorOptions(at::kDouble));
}

/// Attention by its definition, one query at a time.
at::Tensor slow_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                          double scale, bool causal) {
  at::Tensor out = at::zeros({q.size(0), q.size(1), q.size(2), v.size(3)}, q.options());
  for (std::int64_t b = 0; b < q.size(0); ++b) {
    for (std::int64_t h = 0; h < q.size(1); ++h) {
      for (std::int64_t t = 0; t < q.size(2); ++t) {
        const std::int64_t seen = causal ? t + 1 : k.size(2);
        at::Tensor total = at::zeros({v.size(3)}, q.options());
        double norm = 0;
        for (std::int64_t s = 0; s < seen; ++s) {
          const double weight = std::exp(scale * q[b][h][t].dot(k[b][h][s]).item<double>());
          total += weight * v[b][h][s];
          norm += weight;
        }
        out[b][h][t] = total / norm;
      }
    }
  }
  return out;
}

TEST(Attention, EqualsItsDefinition) {
  const auto q = random({2, 3, 5, 4}, 1), k = random({2, 3, 5, 4}, 2), v = random({2, 3, 5, 4}, 3);
  for (const bool causal : {false, true}) {
    for (const double scale : {0.0, 0.3}) {
      SCOPED_TRACE(testing::Message() << "causal " << causal << ", scale " << scale);
      const auto expected = slow_attention(q, k, v, scale == 0 ? 0.5 : scale, causal);
      const auto found = attention(q, k, v, {.scale = scale, .causal = causal});
      EXPECT_TRUE(at::allclose(found, expected, 1e-12, 1e-12));
    }
  }
}

TEST(Attention, CanBeDifferentiatedTwice) {
  auto q = random({1, 2, 3, 4}, 1).requires_grad_(true);
  const auto k = random({1, 2, 3, 4}, 2), v = random({1, 2, 3, 4}, 3);
  const auto energy = [&](const at::Tensor& x) { return attention(x, k, v, {}).pow(2).sum(); };
  const auto gradient = [&](const at::Tensor& x) {
    return torch::autograd::grad({energy(x)}, {x}, {}, std::nullopt, true)[0];
  };
  const auto direction = random({1, 2, 3, 4}, 4);
  const auto product = torch::autograd::grad({(gradient(q) * direction).sum()}, {q})[0];
  const double h = 1e-5;
  const auto ahead = gradient((q.detach() + h * direction).requires_grad_(true));
  const auto behind = gradient((q.detach() - h * direction).requires_grad_(true));
  EXPECT_TRUE(at::allclose(product, (ahead - behind) / (2 * h), 1e-6, 1e-8));
}

TEST(Heads, SplitAndMergeAreInverse) {
  const auto x = random({2, 5, 12}, 1);
  const auto split = split_heads(x, 3);
  EXPECT_EQ(split.sizes(), (std::vector<std::int64_t>{2, 3, 5, 4}));
  EXPECT_TRUE(at::equal(split[1][2][3], x[1][3].slice(0, 8, 12)));
  EXPECT_TRUE(at::equal(merge_heads(split), x));
}

TEST(DropoutRate, IsNoneInEvaluationElseTheCallersElseTheWorkloads) {
  EXPECT_EQ(dropout_rate({.training = false, .dropout = 0.5}, 0.1), 0);
  EXPECT_EQ(dropout_rate({.training = true, .dropout = 0.5}, 0.1), 0.5);
  EXPECT_EQ(dropout_rate({}, 0.1), 0.1);
  EXPECT_THROW(dropout_rate({.dropout = 1.0}, 0), std::invalid_argument);
  EXPECT_THROW(dropout_rate({.dropout = -0.1}, 0), std::invalid_argument);
}

TEST(Dropout, KeepsTheMeanAndDropsTheRate) {
  at::manual_seed(1);
  const auto dropped = dropout(at::ones({100000}), 0.25);
  EXPECT_NEAR(dropped.eq(0).to(at::kDouble).mean().item<double>(), 0.25, 0.01);
  EXPECT_NEAR(dropped.max().item<double>(), 1 / 0.75, 1e-6);
  const auto x = random({3}, 1);
  EXPECT_TRUE(dropout(x, 0).is_same(x));
}

TEST(Linear, MultipliesByTheTransposeAndAdds) {
  const Linear layer{at::tensor({1.0, 2.0, 3.0, 4.0}).view({2, 2}), at::tensor({10.0, 20.0})};
  EXPECT_TRUE(at::equal(layer(at::tensor({1.0, 1.0})), at::tensor({13.0, 27.0})));
}

TEST(LayerNorm, HasMeanZeroVarianceOneThenScaleAndBias) {
  const LayerNorm layer{at::full({4}, 2.0, at::kDouble), at::full({4}, 5.0, at::kDouble), 1e-12};
  const auto y = layer(random({3, 4}, 1));
  EXPECT_TRUE(at::allclose(y.mean(-1), at::full({3}, 5.0, at::kDouble)));
  EXPECT_TRUE(at::allclose(y.std(-1, false), at::full({3}, 2.0, at::kDouble)));
}

TEST(Gelu, IsTheTanhApproximation) {
  for (const double x : {-3.0, -0.5, 0.0, 1.0, 2.5}) {
    const double inner = std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
    EXPECT_NEAR(gelu_tanh(at::scalar_tensor(x, at::kDouble)).item<double>(),
                0.5 * x * (1 + std::tanh(inner)), 1e-12);
  }
}

}  // namespace
}  // namespace timetrial::nn
