// U-Net as in AlgoPerf's fastmri, as facts of its commit 2c90454fc05d: a block is twice
// convolution, norm, activation, dropout of channels; instance norm has no parameters and no
// memory, so training and evaluation differ by dropout alone; the way up concatenates [upsampled,
// skip].
//
// Parameter types are AlgoPerf's, oddities included: a norm's scale is CONV_WEIGHT, its bias BIAS.
#include "workloads/nn/convolution.h"
#include "workloads/unet/unet.h"

#include <stdexcept>

namespace timetrial::unet {
namespace {

constexpr double kLeak = 0.2;
constexpr double kInstanceEpsilon = 1e-5, kLayerEpsilon = 1e-6;

/// Over each channel of each image; [B, C, H, W].
at::Tensor instance_norm(const at::Tensor& x) {
  return at::instance_norm(x, /*weight=*/{}, /*bias=*/{}, /*running_mean=*/{}, /*running_var=*/{},
                           /*use_input_stats=*/true, /*momentum=*/0, kInstanceEpsilon,
                           /*cudnn_enabled=*/true);
}

/// `x` is a norm's output, which its backward pass does not need: it may be overwritten.
at::Tensor activate(at::Tensor x, bool tanh) {
  return tanh ? x.tanh_() : at::leaky_relu_(x, kLeak);
}

/// Convolution, norm, activation, dropout.
struct Layer {
  nn::Conv2d conv;
  at::Tensor scale, bias;  ///< of the layer norm; undefined: instance norm
  bool tanh = false;

  at::Tensor operator()(const at::Tensor& x, double dropout) const {
    at::Tensor out = conv(x);
    out = scale.defined() ? at::group_norm(out, /*num_groups=*/1, scale, bias, kLayerEpsilon)
                          : instance_norm(out);
    out = activate(out, tanh);
    return dropout == 0 ? out : at::feature_dropout(out, dropout, /*train=*/true);
  }
};

struct ConvBlock {
  Layer first, second;
  at::Tensor operator()(const at::Tensor& x, double dropout) const {
    return second(first(x, dropout), dropout);
  }
};

struct UpLayer {
  nn::ConvTranspose2d conv;
  bool tanh = false;
  at::Tensor operator()(const at::Tensor& x) const {
    return activate(instance_norm(conv(x)), tanh);
  }
};

/// Halving drops an odd last row or column; reflection puts one back. Both [B, C, H, W].
at::Tensor pad_to(const at::Tensor& x, const at::Tensor& like) {
  const std::int64_t right = like.size(3) - x.size(3), bottom = like.size(2) - x.size(2);
  return right == 0 && bottom == 0 ? x : at::reflection_pad2d(x, {0, right, 0, bottom});
}

class UNet final : public nn::BuiltModel {
 public:
  UNet(const Config& config, c10::Device device) : BuiltModel(device), config_(config) {
    const std::int64_t levels = config.pool_levels;
    std::int64_t channels = config.channels;
    for (std::int64_t i = 0; i < levels; ++i, channels *= 2) {
      down_.push_back(add_block("down_sample_layers." + std::to_string(i),
                                i == 0 ? 1 : channels / 2, channels));
    }
    bottom_ = add_block("conv", channels / 2, channels);
    for (std::int64_t i = 0; i < levels; ++i) {
      // AlgoPerf's last block shares a Sequential with the final convolution.
      const bool last = i + 1 == levels;
      up_.push_back(add_block("up_conv." + std::to_string(i) + (last ? ".0" : ""), channels >> i,
                              channels >> (i + 1)));
    }
    final_ = nn::add_conv2d(builder(), "up_conv." + std::to_string(levels - 1) + ".1",
                            {.in = config.channels, .out = 1, .kernel = 1, .bias = true});
    for (std::int64_t i = 0; i < levels; ++i) {
      up_transpose_.push_back(
          {nn::add_conv_transpose2d(builder(),
                                    "up_transpose_conv." + std::to_string(i) + ".layers.0",
                                    channels >> i, channels >> (i + 1), /*stride=*/2),
           config.tanh});
    }
  }

  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    const at::Tensor& inputs = batch.inputs();
    check_inputs(inputs);
    const double dropout = nn::dropout_rate(options, 0);
    at::Tensor x = inputs.unsqueeze(1);
    std::vector<at::Tensor> skips;
    for (const ConvBlock& block : down_) {
      skips.push_back(block(x, dropout));
      x = at::avg_pool2d(skips.back(), 2);
    }
    x = bottom_(x, dropout);
    for (std::size_t i = 0; i < up_.size(); ++i) {
      x = at::cat({pad_to(up_transpose_[i](x), skips.back()), skips.back()}, 1);
      x = up_[i](x, dropout);
      skips.pop_back();
    }
    return {final_(x).squeeze(1), {}};
  }

 private:
  void check_inputs(const at::Tensor& inputs) const {
    const std::int64_t shrink = std::int64_t{1} << config_.pool_levels;
    const bool fits = inputs.dim() == 3 && inputs.size(1) >= shrink && inputs.size(2) >= shrink &&
                      (inputs.size(1) / shrink) * (inputs.size(2) / shrink) > 1;
    if (fits) return;
    throw std::invalid_argument("unet: inputs must be [B, H, W] with sides of at least " +
                                std::to_string(shrink) + ", one of them at least twice that");
  }

  Layer add_layer(const std::string& block, int position, std::int64_t in, std::int64_t out) {
    Layer layer;
    layer.tanh = config_.tanh;
    layer.conv = nn::add_conv2d(builder(), block + ".conv_layers." + std::to_string(position),
                                {.in = in, .out = out, .padding = 1});
    if (config_.layer_norm) {
      const std::string norm = block + ".conv_layers." + std::to_string(position + 1);
      layer.scale =
          builder().parameter(norm + ".weight", ParameterType::conv_weight, {out}, nn::ones());
      layer.bias = builder().parameter(norm + ".bias", ParameterType::bias, {out}, nn::zeros());
    }
    return layer;
  }

  ConvBlock add_block(const std::string& name, std::int64_t in, std::int64_t out) {
    // Positions in AlgoPerf's Sequential of eight: convolution, norm, activation, dropout, twice.
    return {add_layer(name, 0, in, out), add_layer(name, 4, out, out)};
  }

  Config config_;
  std::vector<ConvBlock> down_;
  ConvBlock bottom_;
  std::vector<ConvBlock> up_;
  nn::Conv2d final_;
  std::vector<UpLayer> up_transpose_;
};

}  // namespace

std::unique_ptr<workloads::Model> make_model(const Config& config, c10::Device device) {
  check(config);
  return std::make_unique<UNet>(config, device);
}

}  // namespace timetrial::unet
