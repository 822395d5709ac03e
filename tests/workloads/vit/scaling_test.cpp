// How the vision transformer's parts are scaled with its width: roles of parameters, their first
// values and number, muParam's coordinate check; and what z-loss adds.
#include "tests/workloads/coordinate_check.h"
#include "workloads/nn/losses.h"
#include "workloads/vit/vit.h"

#include <gmock/gmock.h>

#include <map>

namespace timetrial::vit {
namespace {

constexpr std::int64_t kBase = 32;

/// As large as muParam's base, with every part that a model may have.
Config whole(std::int64_t width) {
  return {.image_size = 16,
          .patch_size = 4,
          .channels = 1,
          .classes = 8,
          .width = width,
          .depth = 2,
          .heads = 2,
          .mlp_dim = 4 * width,
          .glu = true,
          .map_head = true,
          .gated_attention = true,
          .qk_norm = true,
          .learned_positions = true};
}

Config mup(Config config) {
  config.mup_base_width = kBase;
  return config;
}

TEST(VisionTransformerScaling, EveryParameterHasTheRoleThatItGrowsWith) {
  std::map<ParameterRole, std::int64_t> tensors;
  const auto model = make_model(whole(kBase), at::kMeta);
  for (const auto& p : model->parameters()) {
    SCOPED_TRACE(p.name);
    const ParameterRole role = role_of(p);
    ++tensors[role];
    if (p.name == "head.weight") {
      EXPECT_EQ(role, ParameterRole::readout);
    } else if (p.name == "conv_patch_extract.weight" || p.name == "positions") {
      EXPECT_EQ(role, ParameterRole::embedding);
    } else {
      // Both sides of every other matrix are widths, of the model or of its MLP.
      EXPECT_EQ(role, p.tensor.dim() == 2 ? ParameterRole::hidden : ParameterRole::vector);
    }
  }
  // Of two blocks: 5 matrices of attention, 3 of the MLP; 3 + 2 of the pooling head; pre-logits.
  EXPECT_EQ(tensors[ParameterRole::hidden], 2 * 8 + 5 + 1);
  EXPECT_EQ(tensors[ParameterRole::embedding], 2);
  EXPECT_EQ(tensors[ParameterRole::readout], 1);
}

/// Root mean squares of the first values.
std::map<std::string, double> first_values(const Config& config) {
  const auto model = make_model(config, at::kCPU);
  model->initialize(4);
  std::map<std::string, double> found;
  for (const auto& p : model->parameters()) {
    found[p.name] = p.tensor.square().mean().sqrt().item<double>();
  }
  return found;
}

TEST(VisionTransformerScaling, MuParamStartsVectorsAsItsBaseAndHiddenMatricesByTheirInputs) {
  const auto base = first_values(whole(kBase)), wide = first_values(mup(whole(4 * kBase)));
  const auto model = make_model(whole(kBase), at::kMeta);
  for (const auto& p : model->parameters()) {
    SCOPED_TRACE(p.name);
    const double of_base = base.at(p.name);
    const double expected = role_of(p) == ParameterRole::hidden ? of_base / 2 : of_base;
    // The probe is the smallest that is drawn: 32 values, known within an eighth.
    EXPECT_NEAR(wide.at(p.name), expected, 0.3 * expected);
  }
  // At the base's width it is the standard model.
  for (const auto& [name, value] : first_values(mup(whole(kBase)))) {
    EXPECT_NEAR(value, base.at(name), 1e-6 * base.at(name)) << name;
  }
}

TEST(VisionTransformerScaling, OnlyBiasesAreParametersThatComeAndGo) {
  const auto count = [](const Config& config, const char* without) {
    std::int64_t found = 0;
    const auto model = make_model(config, at::kMeta);
    for (const auto& p : model->parameters()) {
      if (!p.name.ends_with(without)) found += p.tensor.numel();
    }
    return found;
  };
  const std::int64_t all = count(whole(kBase), "none");
  Config scaled = mup(whole(kBase));
  scaled.depth_base = 1;
  scaled.embedding_scale = 2;
  scaled.z_loss = 1e-4;
  EXPECT_EQ(count(scaled, "none"), all);
  Config unbiased = whole(kBase);
  unbiased.biases = false;
  EXPECT_EQ(count(unbiased, "none"), count(whole(kBase), ".bias"));
  EXPECT_EQ(count(unbiased, "none"), count(unbiased, ".bias"));
}

test::Coordinates coordinates(std::int64_t width, bool in_mup) {
  Config config = {.image_size = 12,
                   .patch_size = 4,
                   .channels = 1,
                   .classes = 8,
                   .width = width,
                   .depth = 2,
                   .heads = 2,
                   .mlp_dim = 4 * width};
  const auto model = make_model(in_mup ? mup(config) : config, at::kCPU);
  const at::Tensor pixels = at::arange(8 * 144).mul(0.7).sin().mul(1.4).view({8, 1, 12, 12});
  const at::Tensor labels = at::arange(8, at::kLong).square().remainder(7);
  return test::after_steps(
      *model, Batch({{"inputs", pixels}}),
      [&](const ModelOutput& output) {
        return nn::softmax_cross_entropy(output.logits, labels, {}, 0).mean();
      },
      {.output = "encoder.net.1.output_rms",
       .multiple = in_mup ? static_cast<double>(width) / static_cast<double>(kBase) : 1,
       .rate = 0.003,
       .steps = 4});
}

TEST(VisionTransformerScaling, CoordinatesAreFlatWithMuParamAndGrowWithout) {
  const auto with = test::slopes_over_widths([](auto width) { return coordinates(width, true); });
  EXPECT_NEAR(with.output, 0, 0.15);
  EXPECT_NEAR(with.logit_change, 0, 0.15);
  const auto without =
      test::slopes_over_widths([](auto width) { return coordinates(width, false); });
  EXPECT_GT(without.output, 0.4);
  EXPECT_GT(without.logit_change, 0.4);
}

TEST(VisionTransformerScaling, ZLossIsTrainedOn) {
  const auto difference = [](const workloads::Workload& with, const workloads::Workload& without,
                             const at::Tensor& logits) {
    const Batch batch({{"inputs", logits},
                       {"targets", at::arange(3, at::kLong)},
                       {"weights", at::tensor({1.0, 1.0, 0.0}).to(at::kFloat)}});
    const ModelOutput output = {.logits = logits, .representation = {}};
    return with.loss(batch, output, 0).mean().item<double>() -
           without.loss(batch, output, 0).mean().item<double>();
  };
  const auto heavy = [](Config config) {
    config.z_loss = 0.5;
    return config;
  };
  const Config shapes = {.image_size = 32, .patch_size = 8, .channels = 1, .classes = 8};
  const Config clothes = {.image_size = 28, .patch_size = 7, .channels = 1, .classes = 10};
  const at::Tensor logits = at::arange(30).sin().mul(3).view({3, 10});
  // The third one is padding.
  const double expected = 0.5 * logits.narrow(0, 0, 2).logsumexp(-1).square().mean().item<double>();
  EXPECT_GT(expected, 1);
  EXPECT_NEAR(difference(*make_shapes(heavy(shapes), ShapeData::biased),
                         *make_shapes(shapes, ShapeData::biased), logits),
              expected, 1e-5);
  EXPECT_NEAR(difference(*make_fashion_mnist(heavy(clothes)), *make_fashion_mnist(clothes), logits),
              expected, 1e-5);
  EXPECT_NEAR(difference(*make_imagenet(heavy({})), *make_imagenet({}), logits), expected, 1e-5);
}

}  // namespace
}  // namespace timetrial::vit
