// What sets models apart from AlgoPerf's: point-wise and gated attention, normed queries and keys,
// parallel branches, missing biases, RMS norm, learned positions, scaled parts.
#include "tests/workloads/coordinate_check.h"
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

Config small() {
  return {.image_size = 12,
          .patch_size = 4,
          .channels = 1,
          .classes = 3,
          .width = 8,
          .depth = 2,
          .heads = 2,
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
    {"without pre-logits", [](Config& c) { c.pre_logits = false; }, "pre_logits = false\n"},
    {"without biases", [](Config& c) { c.biases = false; }, "biases = false\n"},
    {"without biases, parallel, pooled",
     [](Config& c) {
       c.biases = false;
       c.parallel = c.map_head = true;
     },
     "biases = false\n"},
    {"embedding scale", [](Config& c) { c.embedding_scale = 2.5; }, "embedding_scale = 2.5\n"},
    {"depth scale", [](Config& c) { c.depth_base = 1; }, "depth_base = 1\n"},
    {"depth scale, parallel", [](Config& c) { c.depth_base = c.parallel = 1; }, "depth_base = 1\n"},
    {"depth scale, norms behind", [](Config& c) { c.depth_base = c.post_ln = 1; },
     "depth_base = 1\n"},
    {"muParam", [](Config& c) { c.mup_base_width = 4; }, "mup_base_width = 4\n"},
    {"muParam, pooled",
     [](Config& c) {
       c.mup_base_width = 4;
       c.map_head = true;
     },
     "mup_base_width = 4\n"}};

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
    const at::Tensor expected = test::PlainVit(*model, config).logits(batch.inputs());
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
  const struct {
    void (*change)(Config&);
    const char* message;
  } scales[] = {
      {[](Config& c) { c.z_loss = -1; },
       "vit: z_loss = -1; it must be a finite number of at least"},
      {[](Config& c) { c.embedding_scale = 0; }, "vit: embedding_scale = 0; it must be a finite"},
      {[](Config& c) { c.depth_base = -1; }, "vit: depth_base = -1; it must be at least 0"},
      {[](Config& c) { c.mup_base_width = 3; },
       "vit: mup_base_width = 3; it must be 0, or a multiple of heads = 2"},
      {[](Config& c) { c.mup_base_width = -2; }, "vit: mup_base_width = -2; it must be 0, or"},
  };
  for (const auto& [change, message] : scales) {
    config = small();
    change(config);
    try {
      check(config);
      ADD_FAILURE() << "accepted: " << message;
    } catch (const workloads::ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  }
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

/// Of log(point-wise over softmax) against log(tokens).
double slope(double alpha) {
  const std::vector<double> tokens = {16, 64, 256, 1024};
  std::vector<double> ratios;
  for (const double number : tokens) {
    const auto count = static_cast<std::int64_t>(number);
    ratios.push_back(branch_rms(AttentionForm::relu, alpha, count) /
                     branch_rms(AttentionForm::softmax, 1, count));
  }
  return test::log_log_slope(tokens, ratios);
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
