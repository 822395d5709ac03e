#include "workloads/nn/init.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <string>

namespace timetrial::nn {
namespace {

at::Tensor filled(at::IntArrayRef shape, const Initializer& initializer, std::uint64_t seed = 1) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  fill(tensor, initializer, seed);
  return tensor;
}

// Expected values: Python 3.11, statistics.NormalDist().inv_cdf, one p per range of the algorithm.
TEST(NormalQuantile, EqualsReferenceValues) {
  const struct {
    double p, x;
  } cases[] = {{1e-300, -37.0470962993612}, {1e-20, -9.262340089798405},
               {1e-5, -4.2648907939228256}, {0.0228, -1.9990772149717695},
               {0.07, -1.4757910281791702}, {0.075, -1.4395314709384557},
               {0.3, -0.5244005127080407},  {0.5, 0},
               {0.9, 1.2815515655446008},   {0.99999, 4.26489079392384}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.p);
    EXPECT_NEAR(normal_quantile(c.p), c.x, 1e-14 * std::max(1.0, std::fabs(c.x)));
  }
}

TEST(Fill, ConstantsAreExact) {
  EXPECT_TRUE(at::equal(filled({3, 2}, zeros()), at::zeros({3, 2})));
  EXPECT_TRUE(at::equal(filled({3, 2}, ones()), at::full({3, 2}, 1.0)));
  EXPECT_TRUE(at::equal(filled({5}, constant(2.5)), at::full({5}, 2.5)));
}

// 2^18 values: the standard error of a mean is about std / 512, of a std about std / 724.
TEST(Fill, MomentsAndBoundsAreThoseOfTheDistribution) {
  const double lecun_std = std::sqrt(1.0 / 64);
  const double xavier_bound = std::sqrt(6.0 / (64 + 4096));
  const struct {
    std::string name;
    Initializer initializer;
    double std, bound;
  } cases[] = {
      {"normal", normal(0.02), 0.02, 0.02 * 6.5},
      {"uniform", uniform(0.5), 0.5 / std::sqrt(3.0), 0.5},
      {"lecun_normal", lecun_normal(), lecun_std, 2 * lecun_std / 0.87962566103423978},
      {"xavier_uniform", xavier_uniform(), xavier_bound / std::sqrt(3.0), xavier_bound},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const at::Tensor values = filled({4096, 64}, c.initializer).to(at::kDouble);
    EXPECT_NEAR(values.mean().item<double>(), 0, 4 * c.std / 512);
    EXPECT_NEAR(values.std().item<double>(), c.std, 4 * c.std / 724);
    EXPECT_LE(values.abs().max().item<double>(), c.bound * (1 + 1e-6));
    EXPECT_GT(values.abs().max().item<double>(), 0.6 * c.bound);
  }
}

TEST(Fill, FansCountTheReceptiveField) {
  const double bound = std::sqrt(6.0 / (9.0 * (3 + 5)));  // kernel 3x3, 3 -> 5 channels
  const at::Tensor kernel = filled({5, 3, 3, 3}, xavier_uniform());
  EXPECT_LE(kernel.abs().max().item<double>(), bound * (1 + 1e-6));
  EXPECT_GT(kernel.abs().max().item<double>(), 0.9 * bound);
}

TEST(Fill, EqualSeedsGiveEqualBitsAndOthersDoNot) {
  for (const auto& initializer : {normal(1), uniform(1), lecun_normal(), xavier_uniform()}) {
    EXPECT_TRUE(at::equal(filled({7, 9}, initializer, 3), filled({7, 9}, initializer, 3)));
    EXPECT_FALSE(at::equal(filled({7, 9}, initializer, 3), filled({7, 9}, initializer, 4)));
  }
}

TEST(Fill, ShorterTensorsAreAPrefixOfLongerOnes) {
  const at::Tensor prefix = filled({8}, normal(1)).slice(0, 0, 5);
  EXPECT_TRUE(at::equal(filled({5}, normal(1)), prefix));
}

TEST(Fill, RefusesFansOfAVector) {
  EXPECT_THROW(filled({5}, lecun_normal()), std::invalid_argument);
  EXPECT_THROW(filled({5}, xavier_uniform()), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::nn
