#include "workloads/multi_fashion_mnist/multi_fashion_mnist.h"

#include "workloads/fashion_mnist/fashion_mnist.h"
#include "workloads/multi_fashion_mnist/pairs.h"
#include "workloads/multitask/config_text.h"
#include "workloads/multitask/heads.h"
#include "workloads/multitask/workload.h"
#include "workloads/nn/convolution.h"

#include <timetrial/random.h>

#include <ATen/ops/max_pool2d.h>

namespace timetrial::multi_fashion_mnist {
namespace {

constexpr std::int64_t kKernel = 5, kSubsetStride = 50;

/// Pixels a side after a convolution without padding and its pooling.
std::int64_t pooled(std::int64_t side) { return (side - kKernel + 1) / 2; }

class LeNet final : public nn::BuiltModel {
 public:
  LeNet(const Config& config, const std::vector<multitask::Task>& tasks, c10::Device device)
      : BuiltModel(device),
        layers_(add_layers(config)),
        shared_(builder(), "shared", features(config), {config.shared_dim},
                multitask::Activation::relu),
        heads_(builder(), tasks, config.shared_dim, {config.head_dim}) {}

  ModelOutput forward(const Batch& batch, const ForwardOptions& /*options*/) override {
    at::Tensor x = batch.inputs();
    for (const nn::Conv2d& layer : layers_) x = at::max_pool2d(layer(x), 2).relu();
    return heads_.of_all(shared_(x.flatten(1)));
  }

 private:
  std::vector<nn::Conv2d> add_layers(const Config& config) {
    std::vector<nn::Conv2d> layers;
    std::int64_t in = 1;
    for (std::size_t i = 0; i < config.channels.size(); ++i) {
      layers.push_back(
          nn::add_conv2d(builder(), "conv." + std::to_string(i),
                         {.in = in, .out = config.channels[i], .kernel = kKernel, .bias = true}));
      in = config.channels[i];
    }
    return layers;
  }

  static std::int64_t features(const Config& config) {
    std::int64_t side = kSide;
    for (std::size_t i = 0; i < config.channels.size(); ++i) side = pooled(side);
    return config.channels.back() * side * side;
  }

  std::vector<nn::Conv2d> layers_;
  multitask::Trunk shared_;
  multitask::Heads heads_;
};

multitask::Examples examples_of(const small_images::Examples& images, const char* split) {
  const auto [pairs, labels] =
      pair_up(images, derive_seed(hash_text("multi_fashion_mnist"), split));
  return {pairs, labels.to(at::kLong), {}};
}

class MultiFashionMnist final : public multitask::TabledWorkload {
 public:
  explicit MultiFashionMnist(const Config& config) : TabledWorkload(spec()), config_(config) {
    validate(config);
  }

  std::string configuration() const override {
    using multitask::text_of;
    return "channels = " + text_of(config_.channels) + "\nhead_dim = " + text_of(config_.head_dim) +
           "\nshared_dim = " + text_of(config_.shared_dim) + "\n";
  }

  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return std::make_unique<LeNet>(config_, tasks(), device);
  }

  void prepare(const std::filesystem::path& packages,
               const std::filesystem::path& out) const override {
    const auto images = fashion_mnist::read_splits(packages);
    const auto training = examples_of(images.training, "training");
    multitask::write(
        out, {.training = training,
              .train_subset = multitask::rows(training, 0, images.training.size(), kSubsetStride),
              .validation = examples_of(images.validation, "validation"),
              .test = examples_of(images.test, "test")});
  }

 private:
  static Spec spec() {
    return {.loss_type = LossType::softmax_cross_entropy,
            .metric = "accuracy",
            .dataset = "multi_fashion_mnist",
            .evaluation_batch_size = 500,
            .format = {.tasks = {multitask::classes("left", fashion_mnist::kClasses),
                                 multitask::classes("right", fashion_mnist::kClasses)},
                       .input_type = at::kByte,
                       .input_shape = {kSide, kSide},
                       .target_type = at::kLong,
                       .target_shape = {2},
                       .inputs =
                           [](const at::Tensor& pixels) {
                             return pixels.to(at::kFloat).div_(255).unsqueeze(1);
                           },
                       .remedy = "timetrial data prepare multi_fashion_mnist"}};
  }

  Config config_;
};

}  // namespace

void validate(const Config& config) {
  multitask::require_widths("channels", config.channels);
  multitask::require(config.channels.size() <= 3, "channels", config.channels,
                     "name at most three layers, a fourth would have no pixels left");
  multitask::require(config.shared_dim >= 1, "shared_dim", config.shared_dim, "use at least 1");
  multitask::require(config.head_dim >= 1, "head_dim", config.head_dim, "use at least 1");
}

std::unique_ptr<workloads::Workload> make(const Config& config) {
  return std::make_unique<MultiFashionMnist>(config);
}

TIMETRIAL_WORKLOAD("multi_fashion_mnist", make, Config{});

}  // namespace timetrial::multi_fashion_mnist
