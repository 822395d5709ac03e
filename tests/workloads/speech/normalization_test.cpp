#include "workloads/speech/normalization.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

namespace timetrial::speech {
namespace {

constexpr std::int64_t kWidth = 6;

/// A batch norm with its tensors in reach.
struct Norm {
  std::vector<Parameter> parameters;
  std::vector<NamedTensor> state;
  nn::Builder builder{parameters, at::kCPU};
  MaskedBatchNorm layer;

  explicit Norm(const BatchNormConfig& config = {})
      : layer(builder, state, "bn", "scale", kWidth, config) {
    reset_running_statistics(state);
    const at::NoGradGuard no_grad;
    at::manual_seed(2);
    for (const auto& p : parameters) at::Tensor(p.tensor).normal_(0, 0.5);
  }
};

struct Frames {
  at::Tensor x = (at::manual_seed(3), at::randn({3, 5, kWidth}) * 2 + 1);
  at::Tensor paddings = at::tensor({0.F, 0.F, 0.F, 0.F, 0.F,  //
                                    0.F, 0.F, 1.F, 1.F, 1.F,  //
                                    0.F, 0.F, 0.F, 0.F, 1.F})
                            .view({3, 5});
  at::Tensor valid = paddings.eq(0);
};

ForwardOptions training(bool update) {
  ForwardOptions options;
  options.update_batch_norm = update;
  return options;
}

ForwardOptions evaluation() {
  ForwardOptions options;
  options.training = false;
  return options;
}

TEST(MaskedBatchNorm, NormalisesTheUnpaddedFramesByThemselves) {
  Norm norm;
  const Frames frames;
  const auto found = norm.layer(frames.x, frames.paddings, training(true));
  // The same by gathering the unpadded frames first.
  const auto expected =
      at::batch_norm(frames.x.index({frames.valid}), 1 + norm.parameters[0].tensor,
                     norm.parameters[1].tensor, {}, {}, /*training=*/true, 0, 0.001, false);
  EXPECT_TRUE(at::allclose(found.index({frames.valid}), expected, 1e-5, 1e-5));
  EXPECT_EQ(found.index({frames.valid.logical_not()}).abs().max().item<double>(), 0);
}

TEST(MaskedBatchNorm, RemembersMeanAndBiasedVariance) {
  Norm norm({.momentum = 0.25});
  const Frames frames;
  norm.layer(frames.x, frames.paddings, training(true));
  const auto rows = frames.x.index({frames.valid});
  EXPECT_EQ(norm.state[0].name, "bn.running_mean");
  EXPECT_TRUE(at::allclose(norm.state[0].tensor, 0.25 * rows.mean(0), 1e-5, 1e-6));
  EXPECT_EQ(norm.state[1].name, "bn.running_var");
  EXPECT_TRUE(at::allclose(norm.state[1].tensor, 0.75 + 0.25 * rows.var(0, /*unbiased=*/false),
                           1e-5, 1e-6));
}

TEST(MaskedBatchNorm, MayForgetTheBatchItNormalisesBy) {
  Norm norm;
  const Frames frames;
  const auto updating = norm.layer(frames.x, frames.paddings, training(true));
  reset_running_statistics(norm.state);
  EXPECT_TRUE(at::equal(norm.layer(frames.x, frames.paddings, training(false)), updating));
  EXPECT_TRUE(at::equal(norm.state[0].tensor, at::zeros({kWidth})));
  EXPECT_TRUE(at::equal(norm.state[1].tensor, at::ones({kWidth})));
}

TEST(MaskedBatchNorm, EvaluatesWithTheRunningStatistics) {
  Norm norm({.epsilon = 0.5});
  const Frames frames;
  norm.state[0].tensor.fill_(0.3);
  norm.state[1].tensor.fill_(1.5);
  const auto found = norm.layer(frames.x, frames.paddings, evaluation());
  const auto expected = (frames.x - 0.3) / std::sqrt(2.0) * (1 + norm.parameters[0].tensor) +
                        norm.parameters[1].tensor;
  EXPECT_TRUE(at::allclose(found, expected * frames.valid.unsqueeze(2), 1e-5, 1e-5));
  EXPECT_TRUE(at::equal(norm.state[1].tensor, at::full({kWidth}, 1.5)));
}

TEST(MaskedBatchNorm, GradientsReachTheFramesThroughTheStatistics) {
  Norm norm;
  Frames frames;
  frames.x.requires_grad_(true);
  const auto weights = at::randn({3, 5, kWidth});
  (norm.layer(frames.x, frames.paddings, training(true)) * weights).sum().backward();
  // A shift of all frames alike changes nothing.
  EXPECT_LT(frames.x.grad().sum(at::IntArrayRef{0, 1}).abs().max().item<double>(), 1e-4);
  EXPECT_GT(frames.x.grad().abs().max().item<double>(), 1e-2);
}

TEST(MaskedBatchNorm, BadFieldsAreNamed) {
  const auto message = [](const BatchNormConfig& config) {
    try {
      validate(config);
    } catch (const workloads::ConfigError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(message({.momentum = 1.5}), testing::HasSubstr("momentum = 1.5"));
  EXPECT_THAT(message({.epsilon = 0}), testing::HasSubstr("epsilon = 0"));
  EXPECT_EQ(message({}), "accepted");
}

TEST(ZeroCentredLayerNorm, ScalesByOneMoreThanItsParameter) {
  std::vector<Parameter> parameters;
  nn::Builder builder(parameters, at::kCPU);
  const ZeroCentredLayerNorm norm(builder, "ln", kWidth);
  const at::NoGradGuard no_grad;
  at::manual_seed(4);
  for (const auto& p : parameters) at::Tensor(p.tensor).normal_(0, 0.5);
  const auto x = at::randn({2, 3, kWidth}).to(at::kDouble);
  const auto spread = (x.var(-1, /*unbiased=*/false, /*keepdim=*/true) + 1e-6).sqrt();
  const auto expected =
      (x - x.mean(-1, true)) / spread * (1 + parameters[0].tensor) + parameters[1].tensor;
  EXPECT_TRUE(at::allclose(norm(x.to(at::kFloat)).to(at::kDouble), expected, 1e-5, 1e-5));
  EXPECT_EQ(parameters[0].name, "ln.scale");
  EXPECT_EQ(parameters[0].type, ParameterType::layer_norm_scale);
  EXPECT_EQ(parameters[1].type, ParameterType::layer_norm_bias);
}

}  // namespace
}  // namespace timetrial::speech
