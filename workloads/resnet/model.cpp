// ResNet as in AlgoPerf's imagenet_resnet and cifar, as facts of its commit 2c90454fc05d: stages of
// one, two, four and eight times the width (64); a block's shortcut is the identity where shapes
// agree, else a 1 x 1 convolution with a batch norm; one activation for stem and blocks. Only
// convolutions and the head are drawn at random.
#include "workloads/nn/batch_norm.h"
#include "workloads/nn/convolution.h"
#include "workloads/resnet/resnet.h"

#include <stdexcept>

namespace timetrial::resnet {
namespace {

constexpr double kHeadStd = 0.01;

/// A convolution and its batch norm.
struct ConvNorm {
  nn::Conv2d conv;
  nn::BatchNorm norm;
  at::Tensor operator()(const at::Tensor& x, const ForwardOptions& options) const {
    return norm(conv(x), options);
  }
};

/// `x` is a batch norm's output, which its backward pass does not need: ReLU may overwrite it. The
/// others read their input when differentiated.
at::Tensor activate(Activation activation, at::Tensor x) {
  switch (activation) {
    case Activation::relu:
      return x.relu_();
    case Activation::silu:
      return at::silu(x);
    case Activation::gelu_tanh:
      return nn::gelu_tanh(x);
  }
  throw std::logic_error("resnet: unknown activation");
}

struct ResidualBlock {
  std::vector<ConvNorm> path;
  ConvNorm shortcut;  ///< undefined weight: identity
  Activation activation = Activation::relu;

  at::Tensor operator()(const at::Tensor& x, const ForwardOptions& options) const {
    at::Tensor out = path.front()(x, options);
    for (std::size_t i = 1; i < path.size(); ++i) {
      out = path[i](activate(activation, out), options);
    }
    out.add_(shortcut.conv.weight.defined() ? shortcut(x, options) : x);
    return activate(activation, out);
  }
};

/// What tells the blocks of one stage apart.
struct BlockShape {
  std::int64_t in = 0, planes = 0, stride = 1, dilation = 1;
};

class ResNet final : public nn::BuiltModel {
 public:
  ResNet(const Config& config, c10::Device device) : BuiltModel(device), config_(config) {
    const bool cifar = config.stem == Stem::cifar;
    stem_ = {nn::add_conv2d(builder(), "conv1",
                            {.in = config.channels,
                             .out = config.width,
                             .kernel = cifar ? 3 : 7,
                             .stride = cifar ? 1 : 2,
                             .padding = cifar ? 1 : 3}),
             add_norm("bn1", config.width, 1)};
    std::int64_t channels = config.width, dilation = 1;
    for (std::size_t stage = 0; stage < 4; ++stage) {
      const std::int64_t planes = config.width << stage;
      const std::int64_t before = dilation;
      const bool dilate = stage > 0 && config.dilate[stage - 1];
      if (dilate) dilation *= 2;
      BlockShape shape{channels, planes, stage == 0 || dilate ? 1 : 2, before};
      for (std::int64_t i = 0; i < config.layers[stage]; ++i) {
        blocks_.push_back(
            add_block("layer" + std::to_string(stage + 1) + "." + std::to_string(i), shape));
        channels = planes * expansion();
        shape = {channels, planes, 1, dilation};
      }
    }
    head_ = builder().linear(
        "fc", {.in = channels, .out = config.classes, .weight_init = nn::normal(kHeadStd)});
  }

  void initialize(std::uint64_t seed) override {
    BuiltModel::initialize(seed);
    for (const nn::BatchNorm& norm : norms_) nn::forget(norm);
  }

  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    const at::Tensor& inputs = batch.inputs();
    if (inputs.dim() != 4 || inputs.size(1) != config_.channels) {
      throw std::invalid_argument("resnet: inputs must be [B, " + std::to_string(config_.channels) +
                                  ", H, W]");
    }
    at::Tensor x = activate(config_.activation, stem_(inputs, options));
    if (config_.stem == Stem::imagenet) x = at::max_pool2d(x, 3, 2, /*padding=*/1);
    for (const ResidualBlock& block : blocks_) x = block(x, options);
    const at::Tensor features = pool(x).flatten(1);
    return {.logits = head_(features), .representation = features};
  }

 private:
  std::int64_t expansion() const { return config_.block == Block::bottleneck ? 4 : 1; }

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

  nn::BatchNorm add_norm(const std::string& name, std::int64_t channels, double scale) {
    norms_.push_back(nn::add_batch_norm(builder(), state_, name, channels, scale));
    return norms_.back();
  }

  /// Layer `index` (from 1) of a block.
  ConvNorm add_layer(const std::string& block, int index, const nn::Conv2dSpec& spec,
                     double scale = 1) {
    const std::string number = std::to_string(index);
    return {nn::add_conv2d(builder(), block + ".conv" + number, spec),
            add_norm(block + ".bn" + number, spec.out, scale)};
  }

  ResidualBlock add_block(const std::string& name, const BlockShape& shape) {
    ResidualBlock block;
    block.activation = config_.activation;
    const std::int64_t out = shape.planes * expansion();
    const double last = config_.last_norm_scale;
    if (config_.block == Block::basic) {
      block.path = {
          add_layer(name, 1, {.in = shape.in, .out = out, .stride = shape.stride, .padding = 1}),
          add_layer(name, 2, {.in = out, .out = out, .padding = 1}, last)};
    } else {
      const std::int64_t width = shape.planes * config_.width_per_group / 64 * config_.groups;
      block.path = {add_layer(name, 1, {.in = shape.in, .out = width, .kernel = 1}),
                    add_layer(name, 2,
                              {.in = width,
                               .out = width,
                               .stride = shape.stride,
                               .padding = shape.dilation,
                               .dilation = shape.dilation,
                               .groups = config_.groups}),
                    add_layer(name, 3, {.in = width, .out = out, .kernel = 1}, last)};
    }
    if (shape.stride != 1 || shape.in != out) {
      block.shortcut = {
          nn::add_conv2d(builder(), name + ".downsample.conv",
                         {.in = shape.in, .out = out, .kernel = 1, .stride = shape.stride}),
          add_norm(name + ".downsample.bn", out, 1)};
    }
    return block;
  }

  Config config_;
  std::vector<nn::BatchNorm> norms_;
  ConvNorm stem_;
  std::vector<ResidualBlock> blocks_;
  nn::Linear head_;
};

}  // namespace

std::unique_ptr<workloads::Model> make_model(const Config& config, c10::Device device) {
  check(config);
  return std::make_unique<ResNet>(config, device);
}

}  // namespace timetrial::resnet
