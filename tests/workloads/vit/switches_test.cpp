// What sets models apart from AlgoPerf's: point-wise and gated attention, normed queries and keys,
// parallel branches, missing biases, RMS norm, learned positions.
#include "tests/workloads/vit/plain_vit.h"
#include "workloads/nn/losses.h"
#include "workloads/nn/taps.h"
#include "workloads/vit/vit.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <cmath>

namespace timetrial::vit {
namespace {

using nn::AttentionForm;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kHeads = 2;

Config small() {
  return {.image_size = 12,
          .patch_size = 4,
          .channels = 1,
          .classes = 3,
          .width = 8,
          .depth = 2,
          .heads = kHeads,
          .mlp_dim = 12};
}

struct Switch {
  const char* name;
  void (*turn)(Config&);
  const char* text;  ///< what the configuration says of it
};

constexpr Switch kSwitches[] = {
    {"relu", [](Config& c) { c.attention = AttentionForm::relu; },
     "attention = relu\nattention_alpha = 1\n"},
    {"unscaled relu",
     [](Config& c) {
       c.attention = AttentionForm::relu;
       c.attention_alpha = 0;
     },
     "attention = relu\nattention_alpha = 0\n"},
    {"gated", [](Config& c) { c.gated_attention = true; }, "gated_attention = true\n"},
    {"normed", [](Config& c) { c.qk_norm = true; }, "qk_norm = true\n"},
    {"parallel", [](Config& c) { c.parallel = true; }, "parallel = true\n"},
    {"parallel, all else too",
     [](Config& c) {
       c.parallel = c.gated_attention = c.qk_norm = c.rms_norm = c.glu = c.map_head = true;
       c.learned_positions = true;
       c.qkv_bias = c.pre_logits = false;
     },
     "learned_positions = true\nmap_head = true\nmlp_dim = 12\nparallel = true\n"},
    {"unbiased", [](Config& c) { c.qkv_bias = false; }, "qkv_bias = false\n"},
    {"rms", [](Config& c) { c.rms_norm = true; }, "rms_norm = true\n"},
    {"learned positions", [](Config& c) { c.learned_positions = true; },
     "learned_positions = true\n"},
    {"without pre-logits", [](Config& c) { c.pre_logits = false; }, "pre_logits = false\n"}};

/// Every parameter away from its first values, so that biases and scales count.
std::unique_ptr<workloads::Model> moved(const Config& config) {
  auto model = make_model(config, at::kCPU);
  model->initialize(5);
  const at::NoGradGuard no_grad;
  at::manual_seed(7);
  for (const auto& parameter : model->parameters()) {
    at::Tensor(parameter.tensor).add_(at::randn_like(parameter.tensor), 0.2);
  }
  return model;
}

std::int64_t parameter_count(const workloads::Model& model) {
  std::int64_t count = 0;
  for (const auto& parameter : model.parameters()) count += parameter.tensor.numel();
  return count;
}

Batch images(std::int64_t count, std::int64_t side) {
  at::manual_seed(3);
  return Batch({{"inputs", at::randn({count, 1, side, side})}});
}

TEST(VisionTransformerSwitches, EqualThePlainModelAndStandInTheConfiguration) {
  for (const auto& [name, turn, text] : kSwitches) {
    SCOPED_TRACE(name);
    Config config = small();
    turn(config);
    const auto model = moved(config);
    const Batch batch = images(3, config.image_size);
    const auto alpha = config.attention == AttentionForm::relu
                           ? std::optional(config.attention_alpha)
                           : std::nullopt;
    const at::Tensor expected = test::PlainVit(*model, kHeads, alpha).logits(batch.inputs());
    const at::Tensor found = model->forward(batch, {}).logits;
    EXPECT_TRUE(at::allclose(found.to(at::kDouble), expected, 1e-4, 1e-4));
    nn::softmax_cross_entropy(found, at::arange(3), at::ones({3}), 0).mean().backward();
    for (const auto& parameter : model->parameters()) {
      EXPECT_TRUE(parameter.tensor.grad().defined()) << parameter.name;
    }
    EXPECT_THAT(to_text(config), HasSubstr(text));
    EXPECT_THAT(to_text(small()), Not(HasSubstr(text)));
  }
}

// Texts are hashed into what trials record: these bytes stay.
TEST(VisionTransformerSwitches, LeaveTheTextsOfOtherConfigurationsAlone) {
  EXPECT_EQ(to_text(Config{}),
            "channels = 3\nclasses = 1000\ndepth = 12\nglu = false\nheads = 6\nimage_size = 224\n"
            "map_head = false\nmlp_dim = 1536\npatch_size = 16\npost_ln = false\nwidth = 384\n");
}

TEST(VisionTransformerSwitches, ParallelBranchesSaveOneNormAndNothingElse) {
  Config config = small();
  const auto count = [](const Config& c) { return parameter_count(*make_model(c, at::kMeta)); };
  const std::int64_t in_turn = count(config);
  config.parallel = true;
  EXPECT_EQ(in_turn - count(config), config.depth * 2 * config.width);
}

// S/16 is in model_test.cpp. Counts of B/16 and L/16: the encoder's matrices, biases and norms, as
// of Dosovitskiy et al. 2021, and this model's layer before the head. 22B: arXiv 2302.05442.
TEST(VisionTransformerSwitches, LargerModelsHaveTheParametersOfTheirPapers) {
  const auto count = [](const Config& c) { return parameter_count(*make_model(c, at::kMeta)); };
  const auto expected = [](std::int64_t width, std::int64_t depth) {
    const std::int64_t block = 12 * width * width + 13 * width;
    return depth * block + (16 * 16 * 3 + 1) * width + 2 * width + (width + 1) * width +
           (width + 1) * 1000;
  };
  EXPECT_EQ(count(Config{}), expected(384, 12));
  EXPECT_EQ(count(base_16()), expected(768, 12));
  EXPECT_EQ(count(large_16()), expected(1024, 24));
  const std::int64_t w = 6144, block = 12 * w * w + 4 * w + w + w + w + 2 * 128;
  const std::int64_t pooling = w + 12 * w * w + (4 * w + 4 * w + w) + w;
  EXPECT_EQ(count(vit_22b()),
            48 * block + (14 * 14 * 3 + 1) * w + 256 * w + w + pooling + (w + 1) * 1000);
  // The paper's 21.7 billion, without the classifier.
  EXPECT_NEAR(static_cast<double>(48 * block), 21.7e9, 0.1e9);
}

TEST(VisionTransformerSwitches, NameTheRolesOfParameters) {
  std::map<std::string, ParameterRole> roles;
  Config config = small();
  config.learned_positions = config.qk_norm = true;
  const auto model = make_model(config, at::kMeta);
  for (const auto& p : model->parameters()) roles[p.name] = role_of(p);
  EXPECT_EQ(roles.at("head.weight"), ParameterRole::readout);
  EXPECT_EQ(roles.at("head.bias"), ParameterRole::vector);
  EXPECT_EQ(roles.at("conv_patch_extract.weight"), ParameterRole::embedding);
  EXPECT_EQ(roles.at("positions"), ParameterRole::embedding);
  EXPECT_EQ(roles.at("pre_logits.weight"), ParameterRole::hidden);
  EXPECT_EQ(roles.at("encoder.net.0.self_attention1.query_norm.weight"), ParameterRole::vector);
}

TEST(VisionTransformerSwitches, RefuseWhatContradictsItself) {
  Config config = small();
  config.parallel = config.post_ln = true;
  EXPECT_THROW(check(config), workloads::ConfigError);
  config = small();
  config.attention_alpha = std::nan("");
  EXPECT_THROW(check(config), workloads::ConfigError);
  config = small();
  config.learned_positions = true;
  EXPECT_THROW(make_model(config, at::kCPU)->forward(images(1, 16), {}), std::invalid_argument);
}

// --- how large point-wise attention's branch is at the start

/// RMS of what the first block's attention adds to the residual stream, of images of `tokens`
/// tokens.
double branch_rms(AttentionForm form, double alpha, std::int64_t tokens) {
  const auto side = 4 * std::lround(std::sqrt(static_cast<double>(tokens)));
  Config config = {.image_size = side,
                   .patch_size = 4,
                   .channels = 1,
                   .classes = 3,
                   .width = 32,
                   .depth = 1,
                   .heads = 2,
                   .mlp_dim = 32,
                   .qk_norm = true};
  config.attention = form;
  config.attention_alpha = alpha;
  const auto model = make_model(config, at::kCPU);
  model->initialize(11);
  const at::NoGradGuard no_grad;
  const nn::Taps taps;
  model->forward(images(2, side), {});
  return taps.values().at("encoder.net.0.attention_branch_rms");
}

/// Of log(point-wise over softmax) against log(tokens), by least squares.
double slope(double alpha) {
  const double tokens[] = {16, 64, 256, 1024};
  double x_mean = 0, y_mean = 0, xy = 0, xx = 0, x[4], y[4];
  for (int i = 0; i < 4; ++i) {
    const auto count = static_cast<std::int64_t>(tokens[i]);
    x[i] = std::log(tokens[i]);
    y[i] = std::log(branch_rms(AttentionForm::relu, alpha, count) /
                    branch_rms(AttentionForm::softmax, 1, count));
    x_mean += x[i] / 4;
    y_mean += y[i] / 4;
  }
  for (int i = 0; i < 4; ++i) {
    xy += (x[i] - x_mean) * (y[i] - y_mean);
    xx += (x[i] - x_mean) * (x[i] - x_mean);
  }
  return xy / xx;
}

// At the start its ratio to softmax's branch is tokens^(1 - alpha). The control: without the
// division an alpha of 1 would show the slope of 0, far outside of what 1 allows.
TEST(VisionTransformerSwitches, PointwiseAttentionsBranchGrowsAsItsAlphaSays) {
  at::set_num_threads(1);
  for (const double alpha : {0.0, 0.5, 1.0}) EXPECT_NEAR(slope(alpha), 1 - alpha, 0.15) << alpha;
  constexpr double kForgotten = 0;
  EXPECT_GT(std::abs(slope(kForgotten) - (1 - 1.0)), 0.85);
}

}  // namespace
}  // namespace timetrial::vit
