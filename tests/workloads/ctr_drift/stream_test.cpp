// The made-up stream: distributions, bursts, labels.
#include "workloads/ctr_drift/stream.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::ctr_drift {
namespace {

constexpr std::int64_t kCount = 20'000;

const multitask::Examples& some() {
  static const auto examples = stream(1, kCount, 100);
  return examples;
}

double share(const at::Tensor& holds) { return holds.to(at::kDouble).mean().item<double>(); }

TEST(Stream, AnExampleIsAFunctionOfSeedAndPlace) {
  const auto first = stream(1, 50, 100);
  EXPECT_TRUE(first.inputs.equal(some().inputs.slice(0, 0, 50)));
  EXPECT_TRUE(first.targets.equal(some().targets.slice(0, 0, 50)));
  EXPECT_FALSE(first.inputs.equal(stream(2, 50, 100).inputs));
}

TEST(Stream, TheLastTenthOfABlockIsSevenTimesAsLarge) {
  const auto calm = stream(1, 40, 1'000), burst = stream(1, 40, 20);
  const at::Tensor factor = burst.inputs.slice(1, 0, kDense).div(calm.inputs.slice(1, 0, kDense));
  for (std::int64_t i = 0; i < 40; ++i) {
    const float expected = i % 20 >= 18 ? 7 : 1;
    EXPECT_TRUE(at::allclose(factor[i], at::full({kDense}, expected))) << i;
  }
  EXPECT_TRUE(burst.targets.equal(calm.targets)) << "labels come from what was before the burst";
  EXPECT_TRUE(burst.inputs.slice(1, kDense).equal(calm.inputs.slice(1, kDense)));
}

TEST(Stream, IdsFollowZipfsLaw) {
  double sum = 0;
  for (int v = 1; v <= kValues; ++v) sum += 1.0 / v;
  for (const std::int64_t column : {kDense, kDense + kIds - 1}) {
    const at::Tensor ids = some().inputs.select(1, column);
    for (const int v : {0, 1, 9}) {
      const double expected = 1 / (sum * (v + 1));
      EXPECT_NEAR(share(ids.eq(v)), expected, 5 * std::sqrt(expected / kCount)) << v;
    }
    EXPECT_EQ(ids.min().item<float>(), 0);
    EXPECT_LT(ids.max().item<float>(), kValues);
    EXPECT_GT(ids.max().item<float>(), kValues / 2);
  }
}

// Student's t with 2.5 degrees of freedom: its 0.9 quantile lies between those of 2 (1.886) and 3
// (1.638), by numerical integration of its density at 1.7303.
TEST(Stream, DenseFeaturesHaveHeavyTails) {
  const at::Tensor dense = stream(3, kCount, 10 * kCount).inputs.slice(1, 0, kDense);
  EXPECT_NEAR(share(dense.gt(1.7303)), 0.1, 5 * std::sqrt(0.09 / (kCount * kDense)));
  EXPECT_GT(dense.abs().max().item<double>(), 20);
}

TEST(Stream, LabelsAreBinaryAndEverRarerThenANumber) {
  const at::Tensor& targets = some().targets;
  double before = 1;
  for (std::int64_t label = 0; label < kLabels - 1; ++label) {
    const at::Tensor column = targets.select(1, label);
    EXPECT_EQ(share(column.eq(0).logical_or(column.eq(1))), 1);
    EXPECT_LT(share(column), before - 0.05);
    EXPECT_GT(share(column), 0.1);
    before = share(column);
  }
  const at::Tensor number = targets.select(1, kLabels - 1);
  EXPECT_NEAR(number.mean().item<double>(), 0, 0.1);
  EXPECT_NEAR(number.var().item<double>(), 1.25, 0.15);  // noise of deviation 0.5 on variance 1
}

}  // namespace
}  // namespace timetrial::ctr_drift
