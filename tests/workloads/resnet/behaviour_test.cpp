// How the residual network behaves: batch norm control, gradients, what it refuses.
#include "workloads/resnet/resnet.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include "tests/workloads/resnet/made_batch.h"

namespace timetrial::resnet {
namespace {

using test::batch_of;
using test::evaluation;
using test::message_of;
using test::randomize;
using test::relative_difference;
using testing::HasSubstr;

ForwardOptions without_update() {
  ForwardOptions options;
  options.update_batch_norm = false;
  return options;
}

// --- batch norm control, dropout, gradients
// --------------------------------------------------------

class Small : public testing::Test {
 protected:
  Small() { randomize(*model_); }
  std::vector<at::Tensor> statistics() const {
    std::vector<at::Tensor> copies;
    for (const NamedTensor& state : model_->state()) copies.push_back(state.tensor.clone());
    return copies;
  }
  const std::unique_ptr<workloads::Workload> workload_ =
      make({.block = Block::basic, .layers = {1, 1, 1, 1}, .classes = 10, .stem = Stem::cifar});
  const std::unique_ptr<workloads::Model> model_ = workload_->make_model(at::kCPU);
  const Batch batch_ = batch_of(4, 32);
};

TEST_F(Small, WithoutUpdateBatchStatisticsAreUsedButNotRemembered) {
  const auto before = statistics();
  const at::Tensor kept = model_->forward(batch_, without_update()).logits;
  const auto after = statistics();
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(at::equal(before[i], after[i]));
  EXPECT_TRUE(at::equal(kept, model_->forward(batch_, {}).logits));
  const auto updated = statistics();
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_FALSE(at::equal(before[i], updated[i]));
  EXPECT_FALSE(at::allclose(kept, model_->forward(batch_, evaluation()).logits));
}

TEST_F(Small, EvaluationLeavesTheStatisticsAlone) {
  const auto before = statistics();
  model_->forward(batch_, evaluation());
  const auto after = statistics();
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(at::equal(before[i], after[i]));
}

TEST_F(Small, HasNoDropout) {
  ForwardOptions dropping;
  dropping.dropout = 0.5;
  EXPECT_TRUE(
      at::equal(model_->forward(batch_, dropping).logits, model_->forward(batch_, {}).logits));
}

TEST_F(Small, TwoPassesMayPrecedeTheirBackwardPasses) {
  const at::Tensor first = workload_->loss(batch_, model_->forward(batch_, {}), 0).mean();
  const at::Tensor second = workload_->loss(batch_, model_->forward(batch_, {}), 0).mean();
  first.backward();
  const at::Tensor once = model_->parameters()[0].tensor.grad().clone();
  second.backward();
  EXPECT_TRUE(at::allclose(model_->parameters()[0].tensor.grad(), 2 * once, 1e-5, 1e-7));
}

TEST_F(Small, TakesChannelsLast) {
  Batch last = batch_;
  last.set("inputs", batch_.inputs().contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_LE(
      relative_difference(model_->forward(last, {}).logits, model_->forward(batch_, {}).logits),
      1e-5);
}

TEST_F(Small, TakesMixedTargets) {
  const at::Tensor hard = at::one_hot(batch_.targets(), 10).to(at::kFloat);
  Batch mixed = batch_;
  mixed.set("targets", 0.3 * hard + 0.7 * hard.roll(1, 0));
  const ModelOutput output = model_->forward(batch_, {});
  const at::Tensor nats = -at::log_softmax(output.logits, 1);
  const at::Tensor own = (nats * hard).sum(1), other = (nats * hard.roll(1, 0)).sum(1);
  EXPECT_TRUE(at::allclose(workload_->loss(mixed, output, 0).per_example, 0.3 * own + 0.7 * other,
                           1e-4, 1e-5));
}

TEST(ResNet, CanBeDifferentiatedTwice) {
  for (const Activation activation : {Activation::relu, Activation::silu, Activation::gelu_tanh}) {
    SCOPED_TRACE(to_string(activation));
    const auto workload = make({.layers = {1, 1, 1, 1}, .classes = 10, .activation = activation});
    const auto model = workload->make_model(at::kCPU);
    randomize(*model);
    const Batch batch = batch_of(2, 64);
    std::vector<at::Tensor> leaves;
    for (const Parameter& p : model->parameters()) leaves.push_back(p.tensor);
    const at::Tensor loss = workload->loss(batch, model->forward(batch, {}), 0).mean();
    const auto first = torch::autograd::grad({loss}, leaves, {}, true, /*create_graph=*/true);
    at::Tensor squares = at::zeros({});
    for (const at::Tensor& gradient : first) squares = squares + gradient.square().sum();
    const auto second = torch::autograd::grad({squares}, {leaves[0]});
    EXPECT_TRUE(second[0].isfinite().all().item<bool>());
    EXPECT_GT(second[0].abs().max().item<double>(), 0);
  }
}

// --- what is refused
// -------------------------------------------------------------------------------

TEST(Config, SaysWhichFieldIsWrongAndWhatItMayBe) {
  const struct {
    Config config;
    const char* message;
  } cases[] = {
      {{.layers = {3, 4, 6}}, "resnet: layers = [3, 4, 6]; it must be four numbers of at least 1"},
      {{.layers = {3, 4, 0, 1}}, "resnet: layers = [3, 4, 0, 1]"},
      {{.classes = 0}, "resnet: classes = 0; it must be at least 1"},
      {{.groups = 0}, "resnet: groups = 0; it must be at least 1"},
      {{.width_per_group = 0}, "resnet: width_per_group = 0; it must be at least 1"},
      {{.block = Block::basic, .groups = 2}, "resnet: groups = 2; it must be 1 with basic blocks"},
      {{.block = Block::basic, .dilate = {false, true, false}}, "resnet: dilate = true"},
      {{.block = Block::basic, .width_per_group = 32},
       "resnet: width_per_group = 32; it must be 64"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(message_of([&] { make(c.config); }), HasSubstr(c.message));
  }
}

TEST(RecordedSizes, RefuseWhatContradictsTheWorkload) {
  const struct {
    const char* workload;
    nlohmann::json constructor;
    const char* message;
  } cases[] = {
      {"imagenet_resnet", {{"activation", "silu"}}, "activation = \"silu\"; it must be relu"},
      {"imagenet_resnet_gelu", {{"activation", "relu"}}, "it must be gelu_tanh"},
      {"imagenet_resnet", {{"bn_init_scale", 8.0}}, "bn_init_scale = 8.0; it must be that of this"},
      {"imagenet_resnet", {{"block", "Wide"}}, "it must be BasicBlock or Bottleneck"},
      {"imagenet_resnet", {{"layers", "3"}}, "it must be a list of whole numbers"},
      {"imagenet_resnet", {{"depth", 3}}, "the argument 'depth' is not known"},
      {"cifar", {{"bn_init_scale", 0.0}}, "the argument 'bn_init_scale' is not known"},
      {"cifar", {{"layers", {2, 2}}}, "four numbers"},
  };
  for (const auto& c : cases) {
    const auto workload = workloads::find(c.workload).make();
    EXPECT_THAT(message_of([&] { workload->in_recorded_sizes(c.constructor); }),
                HasSubstr(c.message));
  }
}

TEST(RecordedSizes, TakeEveryArgumentOfTheModel) {
  const nlohmann::json constructor = {{"block", "Bottleneck"},
                                      {"layers", {1, 1, 1, 1}},
                                      {"num_classes", 7},
                                      {"zero_init_residual", false},
                                      {"groups", 2},
                                      {"width_per_group", 32},
                                      {"replace_stride_with_dilation", {false, true, true}},
                                      {"norm_layer", nullptr},
                                      {"act_fnc", "relu"},
                                      {"bn_init_scale", 0.0}};
  const auto workload = workloads::find("imagenet_resnet").make()->in_recorded_sizes(constructor);
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  std::map<std::string, at::Tensor> named;
  for (const Parameter& p : model->parameters()) named[p.name] = p.tensor;
  EXPECT_EQ(named.at("layer1.0.conv2.weight").sizes(), at::IntArrayRef({64, 32, 3, 3}));
  EXPECT_EQ(named.at("layer1.0.bn3.weight").min().item<double>(), 1);
  EXPECT_EQ(model->forward(batch_of(2, 64), {}).logits.sizes(), at::IntArrayRef({2, 7}));
}

TEST(ResNet, InputsOfAnotherShapeAreRefused) {
  const auto model = make_model(cifar_config(), at::kCPU);
  model->initialize(1);
  const auto forward = [&](const at::Tensor& inputs) {
    return message_of([&] { model->forward(Batch({{"inputs", inputs}}), {}); });
  };
  EXPECT_THAT(forward(at::zeros({2, 1, 32, 32})), HasSubstr("inputs must be [B, 3, H, W]"));
  EXPECT_THAT(forward(at::zeros({2, 3, 64, 64})), HasSubstr("not to 8 x 8"));
}

TEST(ResNet, FactsNameAlgoPerfsData) {
  const auto imagenet = workloads::find("imagenet_resnet_silu"), cifar = workloads::find("cifar");
  EXPECT_EQ(imagenet.base, "imagenet_resnet");
  EXPECT_EQ(imagenet.make()->facts().dataset, "imagenet");
  EXPECT_EQ(cifar.make()->facts().dataset, "cifar10");
  EXPECT_EQ(cifar.make()->facts().source, workloads::DataSource::official);
  EXPECT_THROW(cifar.make()->open_training("/nowhere"), workloads::DataError);
}

TEST(FashionMnistResNet, NeedsGreyImagesAndTenClasses) {
  EXPECT_THAT(message_of([] { make_fashion_mnist(cifar_config()); }),
              HasSubstr("Fashion-MNIST needs channels = 1, classes = 10, not 3, 10"));
}

TEST(FashionMnistResNet, LearnsOneBatchByHeart) {
  const auto workload = workloads::find("fashion_mnist_resnet").make();
  EXPECT_EQ(workload->facts().source, workloads::DataSource::packages);
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  at::manual_seed(1);
  const Batch batch({{"inputs", at::randn({16, 1, 28, 28})},
                     {"targets", at::randint(10, {16}, at::kLong)},
                     {"weights", at::ones({16})}});
  double loss = 0;
  for (int step = 0; step < 60; ++step) {
    const auto mean = workload->loss(batch, model->forward(batch, {}), 0).mean();
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
}  // namespace timetrial::resnet
