// The model against numbers recorded from AlgoPerf's PyTorch implementation, and its variants.
#include "tests/support/algoperf_fixture.h"
#include "workloads/nn/losses.h"
#include "workloads/vit/vit.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

namespace timetrial::vit {
namespace {

using test::AlgoPerfFixture;

ForwardOptions evaluation() {
  ForwardOptions options;
  options.training = false;
  return options;
}

Config config_of(const AlgoPerfFixture& fixture) {
  const auto& arguments = fixture.sidecar().at("constructor");
  Config config;
  config.patch_size = arguments.at("patch_size").at(0);
  config.image_size = fixture.batch().inputs().size(2);
  config.classes = arguments.at("num_classes");
  config.width = arguments.at("width");
  config.depth = arguments.at("depth");
  config.heads = arguments.at("num_heads");
  config.mlp_dim = arguments.at("mlp_dim");
  config.glu = arguments.value("use_glu", false);
  return config;
}

std::int64_t parameter_count(const workloads::Model& model) {
  std::int64_t count = 0;
  for (const auto& parameter : model.parameters()) count += parameter.tensor.numel();
  return count;
}

void expect_loss(const Loss& loss, const nlohmann::json& expected) {
  const double scale = expected.at("summed");
  EXPECT_NEAR(loss.summed.item<double>(), scale, 1e-6 * scale);
  EXPECT_EQ(loss.valid_examples.item<double>(), expected.at("n_valid_examples").get<double>());
}

void expect_equal_to_algoperf(const std::string& name) {
  SCOPED_TRACE(name);
  const AlgoPerfFixture fixture(FIXTURES, name);
  const auto model = make_model(config_of(fixture), at::kCPU);
  EXPECT_EQ(parameter_count(*model), fixture.sidecar().at("total_params").get<std::int64_t>());
  fixture.set_parameters(*model);
  const Batch batch = fixture.batch();

  const auto logits = model->forward(batch, evaluation()).logits;
  EXPECT_LE(fixture.max_difference(logits, "output_eval/logits"), fixture.logit_tolerance());
  const auto trained = model->forward(batch, {}).logits;
  EXPECT_LE(fixture.max_difference(trained, "output_train/logits"), fixture.logit_tolerance());

  const auto loss = nn::softmax_cross_entropy(trained, batch.targets(), batch.weights(), 0);
  expect_loss(loss, fixture.sidecar()["train"]);
  EXPECT_LE(fixture.max_difference(loss.per_example, "loss_train/per_example"), 1e-5);
  const auto smooth = nn::softmax_cross_entropy(trained, batch.targets(), batch.weights(), 0.1);
  const double smoothed = fixture.sidecar()["train"]["summed_label_smoothing_0.1"];
  EXPECT_NEAR(smooth.summed.item<double>(), smoothed, 1e-6 * smoothed);

  loss.mean().backward();
  EXPECT_LE(fixture.gradient_norm_difference(*model), 1e-6);
  if (fixture.contains("grad/head.weight")) {
    EXPECT_LE(fixture.gradient_difference(*model), 1e-6);
  }
}

TEST(VisionTransformer, EqualsAlgoPerf) { expect_equal_to_algoperf("imagenet_vit"); }
TEST(VisionTransformer, WithGluEqualsAlgoPerf) { expect_equal_to_algoperf("imagenet_vit_glu"); }
TEST(VisionTransformer, InFullSizeEqualsAlgoPerf) { expect_equal_to_algoperf("full_imagenet_vit"); }

TEST(VisionTransformer, HasAsManyParametersAsAlgoPerfs) {
  const struct {
    std::string name;
    void (*change)(Config&);
    std::int64_t parameters;
    std::size_t tensors;
  } cases[] = {
      {"imagenet_vit", [](Config&) {}, 22'122'472, 200},
      {"imagenet_vit_glu", [](Config& c) { c.glu = true; }, 50'452'456, 224},
      {"imagenet_vit_post_ln", [](Config& c) { c.post_ln = true; }, 22'121'704, 198},
      {"imagenet_vit_map", [](Config& c) { c.map_head = true; }, 23'896'552, 213},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Config config;
    c.change(config);
    const auto model = make_model(config, at::kMeta);
    EXPECT_EQ(parameter_count(*model), c.parameters);
    EXPECT_EQ(model->parameters().size(), c.tensors);
  }
}

// Types of one block, pooling and head, as AlgoPerf's rules for names give them.
TEST(VisionTransformer, ParametersHaveAlgoPerfsTypes) {
  Config config;
  config.map_head = true;
  const auto model = make_model(config, at::kMeta);
  std::map<std::string, ParameterType> types;
  for (const auto& parameter : model->parameters()) types[parameter.name] = parameter.type;
  const std::map<std::string, ParameterType> expected = {
      {"pre_logits.weight", ParameterType::weight},
      {"conv_patch_extract.weight", ParameterType::conv_weight},
      {"conv_patch_extract.bias", ParameterType::bias},
      {"encoder.net.3.layer_norm0.weight", ParameterType::layer_norm_scale},
      {"encoder.net.3.layer_norm0.bias", ParameterType::layer_norm_bias},
      {"encoder.net.3.self_attention1.query.weight", ParameterType::attention_q},
      {"encoder.net.3.self_attention1.key.weight", ParameterType::attention_k},
      {"encoder.net.3.self_attention1.value.weight", ParameterType::attention_v},
      {"encoder.net.3.self_attention1.out.weight", ParameterType::attention_out},
      {"encoder.net.3.self_attention1.out.bias", ParameterType::attention_bias},
      {"encoder.net.3.mlp3.linear2.weight", ParameterType::weight},
      {"encoder.net.3.mlp3.linear2.bias", ParameterType::bias},
      {"map.probe", ParameterType::weight},
      {"map.mha.kv_proj.weight", ParameterType::weight},
      {"map.mha.kv_proj.bias", ParameterType::bias},
      {"map.layer_norm.bias", ParameterType::layer_norm_bias},
      {"head.bias", ParameterType::bias},
  };
  for (const auto& [name, type] : expected) {
    ASSERT_TRUE(types.count(name)) << name;
    EXPECT_EQ(types[name], type) << name;
  }
}

// Standard deviations and largest values recorded from AlgoPerf's initialisation of
// imagenet_vit_map.
TEST(VisionTransformer, IsInitialisedLikeAlgoPerfs) {
  Config config;
  config.map_head = true;
  config.depth = 1;
  const auto model = make_model(config, at::kCPU);
  model->initialize(1);
  std::map<std::string, at::Tensor> values;
  for (const auto& parameter : model->parameters()) values[parameter.name] = parameter.tensor;
  const struct {
    std::string name;
    double std, largest;
  } cases[] = {
      {"pre_logits.weight", 0.05097956, 0.1160},
      {"conv_patch_extract.weight", 0.03612025, 0.08204},
      {"encoder.net.0.self_attention1.query.weight", 0.05106847, 0.08839},
      {"encoder.net.0.self_attention1.out.weight", 0.05113528, 0.08839},
      {"encoder.net.0.mlp3.linear1.weight", 0.03226172, 0.05590},
      {"encoder.net.0.mlp3.linear2.weight", 0.03229092, 0.05590},
      {"map.mha.q_proj.weight", 0.05099216, 0.08839},
      {"map.mha.kv_proj.weight", 0.04164467, 0.07217},
      {"map.mlp.linear1.weight", 0.03227184, 0.05590},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_NEAR(values.at(c.name).std().item<double>(), c.std, 0.01 * c.std);
    EXPECT_NEAR(values.at(c.name).abs().max().item<double>(), c.largest, 0.002 * c.largest);
  }
  EXPECT_NEAR(values.at("map.probe").std().item<double>(), 0.0514, 0.004);
  EXPECT_NEAR(values.at("encoder.net.0.mlp3.linear1.bias").std().item<double>(), 1e-6, 1e-7);
  EXPECT_NEAR(values.at("map.mha.q_proj.bias").std().item<double>(), 1e-6, 1e-7);
  for (const auto* name : {"head.weight", "head.bias", "pre_logits.bias", "conv_patch_extract.bias",
                           "encoder.net.0.self_attention1.query.bias", "map.layer_norm.bias"}) {
    EXPECT_EQ(values.at(name).abs().max().item<double>(), 0) << name;
  }
  EXPECT_EQ(values.at("encoder.encoder_norm.weight").min().item<double>(), 1);
}

Config small() {
  return {.image_size = 8,
          .patch_size = 4,
          .channels = 1,
          .classes = 3,
          .width = 8,
          .depth = 2,
          .heads = 2,
          .mlp_dim = 12};
}

Batch random_batch(std::int64_t size) {
  at::manual_seed(3);
  return Batch({{"inputs", at::randn({size, 1, 8, 8})},
                {"targets", at::randint(3, {size}, at::kLong)},
                {"weights", at::ones({size})}});
}

/// Initialised, with a head that is not zero, so that gradients pass through it.
std::unique_ptr<workloads::Model> ready(const Config& config) {
  auto model = make_model(config, at::kCPU);
  model->initialize(5);
  const at::NoGradGuard no_grad;
  for (const auto& parameter : model->parameters()) {
    if (parameter.name == "head.weight") at::Tensor(parameter.tensor).normal_(0, 0.3);
  }
  return model;
}

// Each variant's gradient along a random direction against a central difference of the loss.
TEST(VisionTransformer, GradientsOfVariantsEqualFiniteDifferences) {
  const struct {
    std::string name;
    void (*change)(Config&);
  } cases[] = {{"base", [](Config&) {}},
               {"glu", [](Config& c) { c.glu = true; }},
               {"post_ln", [](Config& c) { c.post_ln = true; }},
               {"map_head", [](Config& c) { c.map_head = true; }}};
  const Batch batch = random_batch(4);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Config config = small();
    c.change(config);
    const auto model = ready(config);
    const auto loss = [&] {
      const auto logits = model->forward(batch, {}).logits;
      return nn::softmax_cross_entropy(logits, batch.targets(), batch.weights(), 0).mean();
    };
    loss().backward();
    std::vector<at::Tensor> directions;
    double slope = 0;
    for (const auto& parameter : model->parameters()) {
      directions.push_back(at::randn_like(parameter.tensor, at::kFloat));
      slope += (directions.back() * parameter.tensor.grad()).sum().item<double>();
    }
    const at::NoGradGuard no_grad;
    const auto move = [&](double h) {
      for (std::size_t i = 0; i < directions.size(); ++i) {
        at::Tensor(model->parameters()[i].tensor).add_(directions[i], h);
      }
    };
    constexpr double kStep = 1e-3;
    move(kStep);
    const double ahead = loss().item<double>();
    move(-2 * kStep);
    const double behind = loss().item<double>();
    EXPECT_NEAR((ahead - behind) / (2 * kStep), slope, 2e-3 * std::max(1.0, std::fabs(slope)));
  }
}

TEST(VisionTransformer, DropoutActsInTrainingOnly) {
  const auto model = ready(small());
  const Batch batch = random_batch(4);
  ForwardOptions dropping;
  dropping.dropout = 0.5;
  const auto plain = model->forward(batch, {}).logits;
  at::manual_seed(1);
  const auto first = model->forward(batch, dropping).logits;
  const auto second = model->forward(batch, dropping).logits;
  at::manual_seed(1);
  EXPECT_TRUE(at::equal(model->forward(batch, dropping).logits, first));
  EXPECT_FALSE(at::equal(first, second));
  dropping.training = false;
  EXPECT_TRUE(at::equal(model->forward(batch, dropping).logits, plain));
}

// The mean over tokens sees two swapped patches only through their positions; a pooled token too.
TEST(VisionTransformer, PatchesKeepTheirPlaces) {
  const auto model = ready(small());
  const Batch batch = random_batch(1);
  const auto left = batch.inputs().slice(3, 0, 4), right = batch.inputs().slice(3, 4, 8);
  Batch swapped = batch;
  swapped.set("inputs", at::cat({right, left}, 3));
  EXPECT_FALSE(at::allclose(model->forward(batch, {}).logits, model->forward(swapped, {}).logits));
}

TEST(Config, SaysWhichFieldIsWrongAndWhatItMayBe) {
  const struct {
    void (*change)(Config&);
    std::string message;
  } cases[] = {
      {[](Config& c) { c.heads = 5; },
       "vit: heads = 5; it must be a divisor of width = 8: 1, 2, 4, 8"},
      {[](Config& c) { c.patch_size = 3; },
       "vit: patch_size = 3; it must be a divisor of image_size = 8: 1, 2, 4, 8"},
      {[](Config& c) {
         c.width = 6;
         c.heads = 1;
       },
       "vit: width = 6; it must be a multiple of 4"},
      {[](Config& c) { c.depth = 0; }, "vit: depth = 0; it must be at least 1"},
  };
  for (const auto& c : cases) {
    Config config = small();
    c.change(config);
    try {
      make_model(config, at::kCPU);
      ADD_FAILURE() << "accepted: " << c.message;
    } catch (const workloads::ConfigError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(c.message));
    }
  }
}

TEST(FashionMnistWorkload, NeedsImagesOfItsSize) {
  Config config = {.image_size = 32, .patch_size = 4, .channels = 1, .classes = 10};
  EXPECT_THROW(make_fashion_mnist(config), workloads::ConfigError);
}

TEST(FashionMnistWorkload, LearnsOneBatchByHeart) {
  const auto workload = workloads::find("fashion_mnist_vit").make();
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  at::manual_seed(1);
  const Batch batch({{"inputs", at::randn({16, 1, 28, 28})},
                     {"targets", at::randint(10, {16}, at::kLong)},
                     {"weights", at::ones({16})}});
  double loss = 0;
  for (int step = 0; step < 60; ++step) {
    const auto mean = workload->loss(batch, model->forward(batch, {}), 0).mean();
    if (step == 0) {
      EXPECT_NEAR(mean.item<double>(), std::log(10.0), 1e-5);  // the head starts at zero
    }
    loss = mean.item<double>();
    mean.backward();
    const at::NoGradGuard no_grad;
    for (const auto& parameter : model->parameters()) {
      at::Tensor weight = parameter.tensor;
      weight.add_(weight.grad().sign(), -2e-3);
      weight.mutable_grad().zero_();
    }
  }
  EXPECT_LT(loss, 0.05);
}

}  // namespace
}  // namespace timetrial::vit
