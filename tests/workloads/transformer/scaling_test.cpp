// How the translation model's parts are scaled with its width: roles of parameters, their first
// values and number, and muParam's coordinate check.
#include "tests/workloads/coordinate_check.h"
#include "workloads/transformer/model.h"

#include <gtest/gtest.h>

#include <map>

namespace timetrial::transformer {
namespace {

constexpr std::int64_t kBase = 32;

Config of_width(std::int64_t width) {
  Config config;
  config.vocab_size = 40;
  config.width = config.mlp_dim = width;
  config.heads = 2;
  config.layers = 2;
  return config;
}

/// With every part that a model may have.
Config whole(std::int64_t width) {
  Config config = of_width(width);
  config.glu = config.attention_gate = config.qk_layer_norm = true;
  return config;
}

Config mup(Config config) {
  config.mup_base_width = kBase;
  return config;
}

TEST(TranslationScaling, EveryParameterHasTheRoleThatItGrowsWith) {
  const auto model = make_model(whole(kBase), at::kMeta);
  std::map<ParameterRole, std::int64_t> tensors;
  for (const Parameter& p : model->parameters()) {
    SCOPED_TRACE(p.name);
    ++tensors[role_of(p)];
    if (p.name == "shared_embedding.weight") {
      EXPECT_EQ(role_of(p), ParameterRole::embedding);
    } else {
      EXPECT_EQ(role_of(p), p.tensor.dim() == 2 ? ParameterRole::hidden : ParameterRole::vector);
    }
  }
  // Of an encoder's layer: 3 matrices of attention, 3 of the MLP; a decoder's has 4 more.
  EXPECT_EQ(tensors[ParameterRole::hidden], 2 * (6 + 10));
  EXPECT_EQ(tensors[ParameterRole::embedding], 1);
}

/// Root mean squares of the first values.
std::map<std::string, double> first_values(const Config& config) {
  const auto model = make_model(config, at::kCPU);
  model->initialize(4);
  std::map<std::string, double> found;
  for (const Parameter& p : model->parameters()) {
    found[p.name] = p.tensor.square().mean().sqrt().item<double>();
  }
  return found;
}

TEST(TranslationScaling, MuParamStartsVectorsAsItsBaseAndHiddenMatricesByTheirInputs) {
  const auto base = first_values(whole(kBase)), wide = first_values(mup(whole(4 * kBase)));
  const auto model = make_model(whole(kBase), at::kMeta);
  for (const Parameter& p : model->parameters()) {
    SCOPED_TRACE(p.name);
    const double of_base = base.at(p.name);
    const double expected = role_of(p) == ParameterRole::hidden ? of_base / 2 : of_base;
    // A bias of the base is 32 values that are drawn, known within an eighth.
    EXPECT_NEAR(wide.at(p.name), expected, 0.4 * expected);
  }
}

TEST(TranslationScaling, SwitchesAddAndLeaveOutWhatTheySay) {
  const auto count = [](const Config& config, const std::string& without = "none") {
    const auto model = make_model(config, at::kMeta);
    std::int64_t found = 0;
    for (const Parameter& p : model->parameters()) {
      if (!p.name.ends_with(without)) found += p.tensor.numel();
    }
    return found;
  };
  const Config base = of_width(kBase);
  Config scaled = mup(base);
  scaled.depth_base = 1;
  scaled.embedding_scale = 2;
  scaled.z_loss = 1e-4;
  EXPECT_EQ(count(scaled), count(base));
  Config unbiased = base, parallel = base, gated = base;
  unbiased.biases = false;
  EXPECT_EQ(count(unbiased), count(base, ".bias"));
  parallel.parallel = true;
  EXPECT_EQ(count(base) - count(parallel), 2 * (1 + 2) * 2 * kBase);
  gated.attention_gate = true;
  EXPECT_EQ(count(gated) - count(base), 2 * (1 + 2) * kBase * kBase);
}

test::Coordinates coordinates(std::int64_t width, bool in_mup) {
  const auto model = make_model(in_mup ? mup(of_width(width)) : of_width(width), at::kCPU);
  const at::Tensor ids = at::arange(1, 33, at::kLong).square().remainder(37).add(1).view({4, 8});
  const Batch batch({{"inputs", ids}, {"targets", ids.flip(1)}, {"weights", at::ones({4, 8})}});
  return test::after_steps(
      *model, batch,
      [&](const ModelOutput& output) { return token_loss(batch, output.logits, 0).mean(); },
      {.output = "decoder.layers.1.output_rms",
       .multiple = in_mup ? static_cast<double>(width) / static_cast<double>(kBase) : 1,
       .rate = 0.05});
}

TEST(TranslationScaling, CoordinatesAreFlatWithMuParamAndGrowWithout) {
  const auto with = test::slopes_over_widths([](auto width) { return coordinates(width, true); });
  EXPECT_NEAR(with.output, 0, 0.15);
  EXPECT_NEAR(with.logit_change, 0, 0.15);
  const auto without =
      test::slopes_over_widths([](auto width) { return coordinates(width, false); });
  EXPECT_GT(without.output, 0.4);
  // The standard model divides its logits, too, by the root of the width.
  EXPECT_GT(without.logit_change, 0.25);
}

}  // namespace
}  // namespace timetrial::transformer
