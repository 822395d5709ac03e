#pragma once
// Image classification with a residual network (ResNet), one label per image.
//
// Input    inputs float32 [B, channels, H, W], normalised per channel; targets int64 [B] in [0,
// classes),
//          or probabilities float32 [B, classes]; weights float32 [B], 0 for padding
// Output   logits float32 [B, classes]
// State    running mean and variance of each batch norm, remembered by every training-mode pass
//          unless it is told not to
// Loss     softmax cross-entropy in nats, one value per example [B]
// Metric   accuracy, a fraction in [0, 1], higher is better, over every example of a split
// Dropout  none; a rate is ignored
// Source   He et al. 2015 (arXiv 1512.03385), with the stride on the 3 x 3 convolution; the last
//          norm of a block starting at 0: Goyal et al. 2017 (arXiv 1706.02677); the models of
//          AlgoPerf's imagenet_resnet and cifar (commit 2c90454fc05d)
// Fidelity to AlgoPerf's models, and how it is tested: README.md
#include "workloads/workload.h"

#include <array>
#include <string>
#include <vector>

namespace timetrial::resnet {

enum class Block {
  basic,       ///< two 3 x 3 convolutions
  bottleneck,  ///< 1 x 1, 3 x 3, 1 x 1 to four times the width
};
enum class Activation { relu, silu, gelu_tanh };
enum class Stem {
  imagenet,  ///< 7 x 7 convolution with stride 2, max pooling; global average pooling at the end
  cifar,     ///< 3 x 3 convolution; 4 x 4 average pooling at the end
};

/// The AlgoPerf spellings: "BasicBlock" and "Bottleneck"; "relu", "silu", "gelu_tanh".
const char* to_string(Block block);
const char* to_string(Activation activation);

/// Defaults: ResNet-50 on ImageNet, images of 224 x 224.
struct Config {
  Block block = Block::bottleneck;
  std::vector<std::int64_t> layers = {3, 4, 6, 3};  ///< blocks of each of the four stages
  std::int64_t classes = 1000;
  Stem stem = Stem::imagenet;
  std::int64_t channels = 3;  ///< of the images
  std::int64_t width =
      64;  ///< channels after the stem; the stages have 1, 2, 4 and 8 times as many
  std::int64_t groups = 1, width_per_group = 64;  ///< of the 3 x 3 convolutions in bottlenecks
  std::array<bool, 3> dilate = {};  ///< stages 2 to 4: dilation in place of the stride
  // What variants change, one at a time.
  Activation activation = Activation::relu;
  double last_norm_scale = 0;  ///< start of the scale of each block's last batch norm
};

/// ResNet-18 of basic blocks for images of 32 x 32, ten classes.
Config cifar_config();

/// Small enough for a step of 128 images of 28 x 28 in tens of milliseconds on two cores.
Config fashion_mnist_config();

/// "name = value" lines, sorted.
std::string to_text(const Config& config);

/// Throws ConfigError naming the field, its value and the values it may have.
void check(const Config& config);

/// The model alone, uninitialised. Throws as check() does. On the meta device nothing is allocated.
std::unique_ptr<workloads::Model> make_model(const Config& config, c10::Device device);

/// The workload on ImageNet, or with Stem::cifar on CIFAR-10. Throws as check() does.
std::unique_ptr<workloads::Workload> make(const Config& config);

/// The model on Fashion-MNIST (workloads/fashion_mnist). Throws as check() does; also unless images
/// have one channel and there are ten classes.
std::unique_ptr<workloads::Workload> make_fashion_mnist(const Config& config);

}  // namespace timetrial::resnet
