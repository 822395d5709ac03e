// ResNet against numbers recorded from AlgoPerf's models; sizes and arguments that have none
// against a second, plain implementation in double precision that is itself held to the recorded
// ones.
#include "workloads/resnet/resnet.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include "tests/support/algoperf_fixture.h"
#include "tests/support/algoperf_parameters.h"
#include "tests/workloads/resnet/made_batch.h"
#include "tests/workloads/resnet/plain_resnet.h"

namespace timetrial::resnet {
namespace {

namespace fs = std::filesystem;
using test::batch_of;
using test::evaluation;
using test::randomize;
using test::relative_difference;
using testing::HasSubstr;
using testing::IsEmpty;

const fs::path kFixtures = FIXTURES;

/// Parameters and running statistics from the same recipe.
void set_all(const test::AlgoPerfFixture& fixture, const workloads::Model& model) {
  fixture.set_parameters(model);
  for (const auto& entry : fixture.sidecar().at("weights_recipe")) {
    for (const NamedTensor& state : model.state()) {
      if (state.name != entry.at("name")) continue;
      at::Tensor(state.tensor)
          .copy_(test::recipe_tensor(entry.at("shape"), entry.at("k"), entry.at("offset"),
                                     entry.at("scale")));
    }
  }
}

struct Recorded {
  const char* file;
  const char* workload;
};

class AgainstAlgoPerf : public testing::TestWithParam<Recorded> {
 protected:
  AgainstAlgoPerf() { set_all(fixture_, *model_); }

  const test::AlgoPerfFixture fixture_{kFixtures, GetParam().file};
  const std::unique_ptr<workloads::Workload> workload_ =
      workloads::find(GetParam().workload)
          .make()
          ->in_recorded_sizes(fixture_.sidecar()["constructor"]);
  const std::unique_ptr<workloads::Model> model_ = workload_->make_model(at::kCPU);
  const Batch batch_ = fixture_.batch();
};

TEST_P(AgainstAlgoPerf, EvaluationIsEqual) {
  const ModelOutput output = model_->forward(batch_, evaluation());
  EXPECT_LE(fixture_.max_difference(output.logits, "output_eval/logits"),
            fixture_.logit_tolerance());
  EXPECT_LE(fixture_.max_difference(workload_->loss(batch_, output, 0).per_example,
                                    "loss_eval/per_example"),
            1e-4);
  EXPECT_NEAR(workload_->loss(batch_, output, 0.1).summed.item<double>(),
              fixture_.sidecar()["eval"]["summed_label_smoothing_0.1"].get<double>(), 1e-4);
}

TEST_P(AgainstAlgoPerf, TrainingIsEqual) {
  const ModelOutput output = model_->forward(batch_, {});
  EXPECT_LE(fixture_.max_difference(output.logits, "output_train/logits"),
            fixture_.logit_tolerance());
  const Loss loss = workload_->loss(batch_, output, 0);
  const auto& recorded = fixture_.sidecar()["train"];
  EXPECT_LE(fixture_.max_difference(loss.per_example, "loss_train/per_example"), 1e-4);
  EXPECT_NEAR(loss.mean().item<double>(), recorded["loss"].get<double>(), 1e-4);
  EXPECT_NEAR(workload_->loss(batch_, output, 0.1).summed.item<double>(),
              recorded["summed_label_smoothing_0.1"].get<double>(), 1e-4);
  EXPECT_EQ(loss.valid_examples.item<double>(), 3);
  for (const NamedTensor& state : model_->state()) {
    const std::string key = "state_after_train/" + state.name;
    EXPECT_LE(relative_difference(state.tensor, fixture_.tensor(key)), 1e-5) << state.name;
  }
  loss.mean().backward();
  // ReLU: a few activations sit at the kink (the fixtures' own double precision is 1.7e-4 away).
  const bool relu = recorded["fp64"]["max_grad_norm_diff_over_global"].get<double>() > 1e-5;
  EXPECT_LE(fixture_.gradient_norm_difference(*model_), relu ? 1e-3 : 1e-5);
}

INSTANTIATE_TEST_SUITE_P(ResNet, AgainstAlgoPerf,
                         testing::Values(Recorded{"full_imagenet_resnet", "imagenet_resnet"},
                                         Recorded{"full_imagenet_resnet_gelu",
                                                  "imagenet_resnet_gelu"},
                                         Recorded{"imagenet_resnet_silu", "imagenet_resnet_silu"},
                                         Recorded{"full_cifar", "cifar"}),
                         [](const auto& one) { return std::string(one.param.file); });

// --- other sizes and arguments, against the plain implementation
// -----------------------------------

struct Case {
  const char* name;
  const char* activation;
  nlohmann::json constructor;
  std::int64_t side;
  std::array<bool, 3> dilate = {};
};

const Case kCases[] = {
    {"imagenet_resnet", "relu", {{"layers", {1, 2, 1, 1}}}, 64},
    {"imagenet_resnet_silu", "silu", {{"layers", {1, 2, 1, 1}}, {"activation", "silu"}}, 64},
    {"imagenet_resnet_gelu", "gelu_tanh", {{"layers", {1, 1, 1, 2}}, {"num_classes", 10}}, 64},
    {"imagenet_resnet_large_bn_init", "relu", {{"layers", {1, 1, 1, 1}}}, 64},
    {"imagenet_resnet", "relu", {{"layers", {2, 2, 2, 2}}, {"block", "BasicBlock"}}, 64},
    {"cifar", "relu", {{"layers", {2, 2, 2, 2}}, {"block", "BasicBlock"}}, 32},
    {"cifar", "relu", nlohmann::json::object(), 36},
    {"imagenet_resnet",
     "relu",
     {{"layers", {1, 2, 2, 2}},
      {"groups", 2},
      {"width_per_group", 48},
      {"replace_stride_with_dilation", {false, true, true}}},
     64,
     {false, true, true}},
};

TEST(ResNet, EqualsThePlainImplementation) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(std::string(c.name) + c.constructor.dump());
    const auto workload = workloads::find(c.name).make()->in_recorded_sizes(c.constructor);
    const auto model = workload->make_model(at::kCPU);
    randomize(*model);
    test::PlainResNet plain(*model, c.activation, c.name == std::string("cifar"));
    plain.dilate = c.dilate;
    const Batch batch = batch_of(3, c.side);
    const at::NoGradGuard no_grad;
    EXPECT_LE(relative_difference(model->forward(batch, evaluation()).logits,
                                  plain.forward(batch.inputs(), false)),
              2e-5);
    EXPECT_LE(
        relative_difference(model->forward(batch, {}).logits, plain.forward(batch.inputs(), true)),
        2e-5);
    for (const NamedTensor& state : model->state()) {
      EXPECT_LE(relative_difference(state.tensor, plain.tensors.at(state.name)), 1e-5)
          << state.name;
    }
  }
}

TEST(ResNet, ThePlainImplementationEqualsTheRecordedNumbers) {
  const test::AlgoPerfFixture fixture(kFixtures, "full_imagenet_resnet");
  const auto model = make_model(Config{}, at::kCPU);
  set_all(fixture, *model);
  test::PlainResNet plain(*model, "relu", false);
  EXPECT_LE(
      fixture.max_difference(plain.forward(fixture.batch().inputs(), true), "output_train/logits"),
      fixture.logit_tolerance());
}

// --- parameters
// ------------------------------------------------------------------------------------

TEST(ResNet, HasAlgoPerfsParameters) {
  const struct {
    const char* workload;
    const char* table;
  } cases[] = {{"imagenet_resnet", "imagenet_resnet"},
               {"imagenet_resnet_silu", "imagenet_resnet"},
               {"imagenet_resnet_gelu", "imagenet_resnet"},
               {"imagenet_resnet_large_bn_init", "imagenet_resnet_large_bn_init"},
               {"cifar", "cifar"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.workload);
    const auto table = test::AlgoPerfParameters::read(kFixtures / "parameters.json", c.table);
    const auto model = workloads::find(c.workload).make()->make_model(at::kMeta);
    EXPECT_THAT(table.differences(*model), IsEmpty());
  }
}

TEST(ResNet, StartsAsAlgoPerfDoes) {
  for (const char* name : {"imagenet_resnet", "imagenet_resnet_large_bn_init", "cifar"}) {
    SCOPED_TRACE(name);
    const auto table = test::AlgoPerfParameters::read(kFixtures / "parameters.json", name);
    const auto model = workloads::find(name).make()->make_model(at::kCPU);
    model->initialize(1);
    EXPECT_THAT(table.initial_differences(*model), IsEmpty());
    for (const NamedTensor& state : model->state()) {
      EXPECT_TRUE(
          (state.tensor == (state.name.ends_with("running_var") ? 1 : 0)).all().item<bool>())
          << state.name;
    }
  }
}

TEST(ResNet, AnotherStartIsNoticed) {
  const auto table =
      test::AlgoPerfParameters::read(kFixtures / "parameters.json", "imagenet_resnet");
  const auto model = workloads::find("imagenet_resnet_large_bn_init").make()->make_model(at::kCPU);
  model->initialize(1);
  EXPECT_EQ(table.initial_differences(*model).size(), 16u * 3);  // mean and extremes of 16 norms
  const at::NoGradGuard no_grad;
  at::Tensor(model->parameters()[0].tensor).mul_(1.1);
  EXPECT_THAT(table.initial_differences(*model), testing::Contains(HasSubstr("conv1.weight: dev")));
}

TEST(ResNet, VariantsStartFromTheBaseElsewhere) {
  const Config small = {.layers = {1, 1, 1, 1}};
  Config large = small;
  large.last_norm_scale = 8;
  const auto a = make_model(small, at::kCPU), b = make_model(large, at::kCPU);
  a->initialize(3);
  b->initialize(3);
  for (std::size_t i = 0; i < a->parameters().size(); ++i) {
    const Parameter& base = a->parameters()[i];
    const bool equal = at::equal(base.tensor, b->parameters()[i].tensor);
    EXPECT_EQ(equal, !base.name.ends_with("bn3.weight")) << base.name;
  }
}

}  // namespace
}  // namespace timetrial::resnet
