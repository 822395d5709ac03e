#include "workloads/resnet/encoder.h"

#include <stdexcept>

namespace timetrial::resnet {
namespace {

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

/// What tells the blocks of one stage apart.
struct BlockShape {
  std::int64_t in = 0, planes = 0, stride = 1, dilation = 1;
};

/// Adds layers in the order in which AlgoPerf's models list them.
class Layers {
 public:
  Layers(nn::Builder& builder, std::vector<NamedTensor>& state, const Config& config,
         const std::string& prefix)
      : builder_(builder), state_(state), config_(config), prefix_(prefix) {}

  std::int64_t expansion() const { return config_.block == Block::bottleneck ? 4 : 1; }

  nn::Conv2d convolution(const std::string& name, const nn::Conv2dSpec& spec) {
    return nn::add_conv2d(builder_, prefix_ + name, spec);
  }
  nn::BatchNorm norm(const std::string& name, std::int64_t channels, double scale) {
    return nn::add_batch_norm(builder_, state_, prefix_ + name, channels, scale);
  }

  ConvNorm stem() {
    const bool cifar = config_.stem == Stem::cifar;
    return {convolution("conv1", {.in = config_.channels,
                                  .out = config_.width,
                                  .kernel = cifar ? 3 : 7,
                                  .stride = cifar ? 1 : 2,
                                  .padding = cifar ? 1 : 3}),
            norm("bn1", config_.width, 1)};
  }

  ResidualBlock block(const std::string& name, const BlockShape& shape) {
    ResidualBlock block;
    block.activation = config_.activation;
    const std::int64_t out = shape.planes * expansion();
    const double last = config_.last_norm_scale;
    if (config_.block == Block::basic) {
      block.path = {
          layer(name, 1, {.in = shape.in, .out = out, .stride = shape.stride, .padding = 1}),
          layer(name, 2, {.in = out, .out = out, .padding = 1}, last)};
    } else {
      const std::int64_t width = shape.planes * config_.width_per_group / 64 * config_.groups;
      block.path = {layer(name, 1, {.in = shape.in, .out = width, .kernel = 1}),
                    layer(name, 2,
                          {.in = width,
                           .out = width,
                           .stride = shape.stride,
                           .padding = shape.dilation,
                           .dilation = shape.dilation,
                           .groups = config_.groups}),
                    layer(name, 3, {.in = width, .out = out, .kernel = 1}, last)};
    }
    if (shape.stride != 1 || shape.in != out) {
      block.shortcut = {
          convolution(name + ".downsample.conv",
                      {.in = shape.in, .out = out, .kernel = 1, .stride = shape.stride}),
          norm(name + ".downsample.bn", out, 1)};
    }
    return block;
  }

 private:
  /// Layer `index` (from 1) of a block.
  ConvNorm layer(const std::string& block, int index, const nn::Conv2dSpec& spec,
                 double scale = 1) {
    const std::string number = std::to_string(index);
    return {convolution(block + ".conv" + number, spec),
            norm(block + ".bn" + number, spec.out, scale)};
  }

  nn::Builder& builder_;
  std::vector<NamedTensor>& state_;
  const Config& config_;
  std::string prefix_;
};

}  // namespace

at::Tensor ResidualBlock::operator()(const at::Tensor& x, const ForwardOptions& options) const {
  at::Tensor out = path.front()(x, options);
  for (std::size_t i = 1; i < path.size(); ++i) {
    out = path[i](activate(activation, out), options);
  }
  out.add_(shortcut.conv.weight.defined() ? shortcut(x, options) : x);
  return activate(activation, out);
}

Encoder::Encoder(nn::Builder& builder, std::vector<NamedTensor>& state, const Config& config,
                 const std::string& prefix)
    : config_(config) {
  Layers layers(builder, state, config, prefix);
  stem_ = layers.stem();
  channels_ = config.width;
  std::int64_t dilation = 1;
  for (std::size_t stage = 0; stage < 4; ++stage) {
    const std::int64_t planes = config.width << stage;
    const std::int64_t before = dilation;
    const bool dilate = stage > 0 && config.dilate[stage - 1];
    if (dilate) dilation *= 2;
    BlockShape shape{channels_, planes, stage == 0 || dilate ? 1 : 2, before};
    for (std::int64_t i = 0; i < config.layers[stage]; ++i) {
      blocks_.push_back(
          layers.block("layer" + std::to_string(stage + 1) + "." + std::to_string(i), shape));
      channels_ = planes * layers.expansion();
      shape = {channels_, planes, 1, dilation};
    }
  }
}

at::Tensor Encoder::operator()(const at::Tensor& images, const ForwardOptions& options) const {
  if (images.dim() != 4 || images.size(1) != config_.channels) {
    throw std::invalid_argument("resnet: inputs must be [B, " + std::to_string(config_.channels) +
                                ", H, W]");
  }
  at::Tensor x = activate(config_.activation, stem_(images, options));
  if (config_.stem == Stem::imagenet) x = at::max_pool2d(x, 3, 2, /*padding=*/1);
  for (const ResidualBlock& block : blocks_) x = block(x, options);
  return x;
}

void Encoder::forget() const {
  nn::forget(stem_.norm);
  for (const ResidualBlock& block : blocks_) {
    for (const ConvNorm& layer : block.path) nn::forget(layer.norm);
    if (block.shortcut.conv.weight.defined()) nn::forget(block.shortcut.norm);
  }
}

}  // namespace timetrial::resnet
