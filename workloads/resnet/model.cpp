// ResNet as in AlgoPerf's imagenet_resnet and cifar, as facts of its commit 2c90454fc05d: stages of
// one, two, four and eight times the width (64); a block's shortcut is the identity where shapes
// agree, else a 1 x 1 convolution with a batch norm; one activation for stem and blocks. Only
// convolutions and the head are drawn at random.
#include "workloads/resnet/encoder.h"

#include <stdexcept>

namespace timetrial::resnet {
namespace {

constexpr double kHeadStd = 0.01;

class ResNet final : public nn::BuiltModel {
 public:
  ResNet(const Config& config, c10::Device device)
      : BuiltModel(device),
        config_(config),
        encoder_(builder(), state_, config),
        head_(builder().linear("fc", {.in = encoder_.channels(),
                                      .out = config.classes,
                                      .weight_init = nn::normal(kHeadStd)})) {}

  void initialize(std::uint64_t seed) override {
    BuiltModel::initialize(seed);
    encoder_.forget();
  }

  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    const at::Tensor features = pool(encoder_(batch.inputs(), options)).flatten(1);
    return {.logits = head_(features), .representation = features};
  }

 private:
  /// To [B, channels, 1, 1].
  at::Tensor pool(const at::Tensor& x) const {
    if (config_.stem == Stem::imagenet) return at::adaptive_avg_pool2d(x, {1, 1});
    if (x.size(2) / 4 != 1 || x.size(3) / 4 != 1) {
      throw std::invalid_argument(
          "resnet: the 4 x 4 average pooling needs images whose sides shrink to 4 to 7 (32 x 32 "
          "does), not to " +
          std::to_string(x.size(2)) + " x " + std::to_string(x.size(3)));
    }
    return at::avg_pool2d(x, 4);
  }

  Config config_;
  Encoder encoder_;
  nn::Linear head_;
};

}  // namespace

std::unique_ptr<workloads::Model> make_model(const Config& config, c10::Device device) {
  check(config);
  return std::make_unique<ResNet>(config, device);
}

}  // namespace timetrial::resnet
