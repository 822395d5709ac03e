#include "workloads/resnet/resnet.h"

#include "workloads/imagenet/imagenet.h"
#include "workloads/nn/losses.h"
#include "workloads/recorded_arguments.h"
#include "workloads/resnet/cifar10.h"

#include <nlohmann/json.hpp>

namespace timetrial::resnet {
namespace {

Block block_named(workloads::RecordedArguments& arguments, Block otherwise) {
  const std::string name = arguments.text("block", to_string(otherwise));
  for (const Block block : {Block::basic, Block::bottleneck}) {
    if (name == to_string(block)) return block;
  }
  arguments.refuse("block", "BasicBlock or Bottleneck");
}

/// The activation is what makes a variant: a case may name it, but not another one.
void expect_activation(workloads::RecordedArguments& arguments, const char* name, Activation own) {
  if (arguments.text(name, to_string(own)) == to_string(own)) return;
  arguments.refuse(name, std::string(to_string(own)) + ", which makes this workload what it is");
}

std::array<bool, 3> dilated_stages(workloads::RecordedArguments& arguments) {
  const auto stages = arguments.flags("replace_stride_with_dilation", {false, false, false});
  if (stages.size() != 3) {
    arguments.refuse("replace_stride_with_dilation", "three times true or false");
  }
  return {stages[0], stages[1], stages[2]};
}

/// A case of this workload in its own sizes.
Config recorded_config(const Config& own, const char* name, const nlohmann::json& constructor) {
  const bool cifar = own.stem == Stem::cifar;
  workloads::RecordedArguments arguments(name, constructor);
  Config config = own;
  // Block and layers have no default in AlgoPerf: left out, they are this workload's.
  config.block = block_named(arguments, own.block);
  config.layers = arguments.integers("layers", own.layers);
  config.classes = arguments.integer("num_classes", cifar ? 10 : 1000);
  config.groups = arguments.integer("groups", 1);
  config.width_per_group = arguments.integer("width_per_group", 64);
  config.dilate = dilated_stages(arguments);
  if (arguments.text("norm_layer", "BatchNorm2d") != "BatchNorm2d") {
    arguments.refuse("norm_layer", "BatchNorm2d");
  }
  expect_activation(arguments, "activation", own.activation);
  if (!cifar) {
    expect_activation(arguments, "act_fnc", own.activation);
    if (arguments.number("bn_init_scale", own.last_norm_scale) != own.last_norm_scale) {
      arguments.refuse("bn_init_scale", "that of this workload");
    }
    if (!arguments.flag("zero_init_residual", true)) config.last_norm_scale = 1;
  }
  arguments.finish();
  return config;
}

constexpr std::int64_t kImageNetEvaluationBatch = 1024;

class OnImageNet final : public imagenet::ImageNet {
 public:
  explicit OnImageNet(const Config& config)
      : ImageNet(imagenet::Augmentation::crop_and_flip, kImageNetEvaluationBatch),
        config_(config) {}

  std::string configuration() const override { return to_text(config_); }
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return resnet::make_model(config_, device);
  }
  std::unique_ptr<workloads::Workload> in_recorded_sizes(
      const nlohmann::json& constructor) const override {
    return make(recorded_config(config_, "imagenet_resnet", constructor));
  }

 private:
  const Config config_;
};

class OnCifar10 final : public workloads::Workload {
 public:
  explicit OnCifar10(const Config& config) : config_(config) {}

  workloads::Facts facts() const override {
    return {.loss_type = LossType::softmax_cross_entropy,
            .metric = "accuracy",
            .higher_is_better = true,
            .dataset = "cifar10",
            .source = workloads::DataSource::official};
  }
  std::string configuration() const override { return to_text(config_); }
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return resnet::make_model(config_, device);
  }
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override {
    return nn::softmax_cross_entropy(output.logits, batch.targets(), batch.weights(),
                                     label_smoothing);
  }
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& training_dir) const override {
    return cifar10::open_training(training_dir);
  }
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const override {
    return cifar10::open_evaluation(held_back_dir);
  }
  void prepare(const std::filesystem::path& source,
               const std::filesystem::path& out) const override {
    cifar10::prepare(source, out);
  }
  std::uint64_t bytes_to_prepare(const std::filesystem::path& source) const override {
    return cifar10::bytes_to_prepare(source);
  }
  std::unique_ptr<workloads::Workload> in_recorded_sizes(
      const nlohmann::json& constructor) const override {
    return make(recorded_config(config_, "cifar", constructor));
  }

 private:
  const Config config_;
};

}  // namespace

std::unique_ptr<workloads::Workload> make(const Config& config) {
  check(config);
  if (config.stem == Stem::cifar) return std::make_unique<OnCifar10>(config);
  return std::make_unique<OnImageNet>(config);
}

TIMETRIAL_WORKLOAD("imagenet_resnet", make, Config{});
TIMETRIAL_VARIANT("imagenet_resnet_silu", "imagenet_resnet", make,
                  Config{.activation = Activation::silu});
TIMETRIAL_VARIANT("imagenet_resnet_gelu", "imagenet_resnet", make,
                  Config{.activation = Activation::gelu_tanh});
TIMETRIAL_VARIANT("imagenet_resnet_large_bn_init", "imagenet_resnet", make,
                  Config{.last_norm_scale = 8});
TIMETRIAL_WORKLOAD("cifar", make, cifar_config());

}  // namespace timetrial::resnet
