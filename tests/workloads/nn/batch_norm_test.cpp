// Batch normalisation: what is normalised, what is remembered.
#include "workloads/nn/batch_norm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace timetrial::nn {
namespace {

class Model final : public BuiltModel {
 public:
  Model() : BuiltModel(at::kCPU), norm(add_batch_norm(builder(), state_, "bn", 2, 3)) {}
  void initialize(std::uint64_t seed) override {
    BuiltModel::initialize(seed);
    forget(norm);
  }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    return {norm(batch.inputs(), options), {}};
  }
  BatchNorm norm;
};

// Channel 0 holds 1, 3 (mean 2, variance 1, unbiased 2), channel 1 holds -2, 6 (2, 16, 32).
const at::Tensor kImages = at::tensor({1.f, -2.f, 3.f, 6.f}).view({2, 2, 1, 1});

TEST(BatchNorm, NormalisesWithTheBiasedVarianceAndRemembersTheUnbiasedOne) {
  Model model;
  model.initialize(1);
  const at::Tensor out = model.norm(kImages, {});
  EXPECT_TRUE(at::allclose(out.flatten(), at::tensor({-3.f, -3.f, 3.f, 3.f}), 1e-4));
  EXPECT_TRUE(at::allclose(model.norm.running_mean, at::tensor({0.2f, 0.2f})));
  EXPECT_TRUE(at::allclose(model.norm.running_var, at::tensor({0.9f + 0.2f, 0.9f + 3.2f})));
}

TEST(BatchNorm, EvaluationUsesTheRunningStatistics) {
  Model model;
  model.initialize(1);
  model.norm.running_mean.fill_(1);
  model.norm.running_var.fill_(4);
  ForwardOptions evaluation;
  evaluation.training = false;
  EXPECT_TRUE(at::allclose(model.norm(kImages, evaluation), (kImages - 1) / 2 * 3, 1e-4));
}

TEST(BatchNorm, IsNamedAndTyped) {
  const Model model;
  ASSERT_EQ(model.parameters().size(), 2u);
  EXPECT_EQ(model.parameters()[0].name, "bn.weight");
  EXPECT_EQ(model.parameters()[0].type, ParameterType::batch_norm_scale);
  EXPECT_EQ(model.parameters()[1].type, ParameterType::batch_norm_bias);
  ASSERT_EQ(model.state().size(), 2u);
  EXPECT_EQ(model.state()[0].name, "bn.running_mean");
  EXPECT_EQ(model.state()[1].name, "bn.running_var");
}

TEST(BatchNorm, OneValuePerChannelIsRefusedInTraining) {
  Model model;
  model.initialize(1);
  const at::Tensor one = at::ones({1, 2, 1, 1});
  EXPECT_THROW(model.norm(one, {}), std::invalid_argument);
  ForwardOptions evaluation;
  evaluation.training = false;
  EXPECT_NO_THROW(model.norm(one, evaluation));
}

}  // namespace
}  // namespace timetrial::nn
