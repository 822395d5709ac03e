// Multipliers by width and depth, and the norms that models choose between.
#include "workloads/nn/scaling.h"

#include "workloads/nn/norm.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::nn {
namespace {

TEST(Scaling, FollowsTheTableOfMuParam) {
  const Widths wide = {.width = 128, .heads = 2, .mup_base_width = 32};
  EXPECT_EQ(width_of_vectors(wide), 32);
  EXPECT_DOUBLE_EQ(attention_scale(wide), 4.0 / 64) << "sqrt(16) / 64";
  EXPECT_DOUBLE_EQ(output_scale(wide), 0.25);
  // Without it, and at the base's width, the standard model.
  for (const Widths& standard : {Widths{.width = 128, .heads = 2},
                                 Widths{.width = 128, .heads = 2, .mup_base_width = 128}}) {
    EXPECT_EQ(width_of_vectors(standard), 128);
    EXPECT_DOUBLE_EQ(attention_scale(standard), 0.125);
    EXPECT_EQ(output_scale(standard), 1);
  }
}

TEST(Scaling, BranchesFallWithTheRootOfDepth) {
  EXPECT_EQ(branch_scale(8, 0), 1);
  EXPECT_EQ(branch_scale(2, 2), 1);
  EXPECT_DOUBLE_EQ(branch_scale(8, 2), 0.5);
  const at::Tensor x = at::ones({2});
  EXPECT_TRUE(times(x, 1).is_same(x));
  EXPECT_EQ(times(x, 0.5)[0].item<double>(), 0.5);
}

TEST(Norm, IsCentredOrNotAndHasABiasOrNone) {
  std::vector<Parameter> parameters;
  Builder builder(parameters, at::kCPU);
  const Norm layer = add_norm(builder, "a", {.width = 4});
  const Norm unbiased = add_norm(builder, "b", {.width = 4, .bias = false});
  const Norm rms = add_norm(builder, "c", {.width = 4, .centred = false});
  std::vector<std::string> names;
  for (const Parameter& one : parameters) names.push_back(one.name);
  EXPECT_EQ(names, (std::vector<std::string>{"a.weight", "a.bias", "b.weight", "c.weight"}));
  const at::NoGradGuard no_grad;
  for (const Parameter& one : parameters) at::Tensor(one.tensor).fill_(2);
  const at::Tensor x = at::tensor({1.0, 1.0, 3.0, 3.0}).to(at::kFloat);
  EXPECT_TRUE(at::allclose(layer(x), at::tensor({0.0, 0.0, 4.0, 4.0}).to(at::kFloat), 1e-5, 1e-5));
  EXPECT_TRUE(
      at::allclose(unbiased(x), at::tensor({-2.0, -2.0, 2.0, 2.0}).to(at::kFloat), 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(rms(x), 2 * x / std::sqrt(5.0), 1e-5, 1e-5));
}

}  // namespace
}  // namespace timetrial::nn
