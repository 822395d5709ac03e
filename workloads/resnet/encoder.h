#pragma once
// The convolutional part of a residual network: from images to a map of features. What comes after
// it, pooling and heads, is its user's.
//
//   Encoder encoder_{builder(), state_, config};
//   const at::Tensor features = encoder_(batch.inputs(), options);
//
// Shapes   images [B, channels, H, W]; features [B, Encoder::channels(), h, w]
// Names    those of AlgoPerf's and torchvision's models: conv1, bn1, layer1.0.conv1, …
#include "workloads/nn/batch_norm.h"
#include "workloads/nn/convolution.h"
#include "workloads/resnet/resnet.h"

#include <string>
#include <vector>

namespace timetrial::resnet {

/// A convolution and its batch norm.
struct ConvNorm {
  nn::Conv2d conv;
  nn::BatchNorm norm;
  at::Tensor operator()(const at::Tensor& x, const ForwardOptions& options) const {
    return norm(conv(x), options);
  }
};

struct ResidualBlock {
  std::vector<ConvNorm> path;
  ConvNorm shortcut;  ///< undefined weight: identity
  Activation activation = Activation::relu;

  at::Tensor operator()(const at::Tensor& x, const ForwardOptions& options) const;
};

class Encoder {
 public:
  /// Adds its parameters and model state; `prefix` is put before every name. `config` must have
  /// passed check(); its classes mean nothing here.
  Encoder(nn::Builder& builder, std::vector<NamedTensor>& state, const Config& config,
          const std::string& prefix = "");

  /// Throws std::invalid_argument for images of another number of channels.
  at::Tensor operator()(const at::Tensor& images, const ForwardOptions& options) const;
  std::int64_t channels() const { return channels_; }
  /// Sets all running statistics to those of no batch.
  void forget() const;

 private:
  Config config_;
  ConvNorm stem_;
  std::vector<ResidualBlock> blocks_;
  std::int64_t channels_ = 0;
};

}  // namespace timetrial::resnet
