#pragma once
// Image classification with a vision transformer (ViT), one label per image.
//
// Input    images float32 [B, C, H, W], normalised per channel; labels int64 [B] in [0, classes);
//          weights float32 [B], 0 for padding
// Output   logits float32 [B, classes]
// Loss     softmax cross-entropy in nats, one value per example [B]
// Metric   top-1 accuracy, a fraction in [0, 1], higher is better, over every example of a split
// Target   and budget, evaluation period: the rule set's table, by workload name; never from code
// Source   Dosovitskiy et al. 2021 (arXiv 2010.11929); sizes: arXiv 2106.04560, table 2
// Fidelity to AlgoPerf's model, and how it is tested: README.md
#include "workloads/workload.h"

namespace timetrial::vit {

/// Defaults: S/16 on ImageNet.
struct Config {
  std::int64_t image_size = 224;  ///< of training images; other sizes work, in whole patches
  std::int64_t patch_size = 16, channels = 3, classes = 1000;
  std::int64_t width = 384, depth = 12, heads = 6, mlp_dim = 1536;
  // What variants change, one at a time.
  bool glu = false;       ///< gated linear unit in the MLP block
  bool post_ln = false;   ///< layer norm after the residual branch, not before it
  bool map_head = false;  ///< attention pooling of the tokens, not their mean
};

/// Throws ConfigError naming the field, its value and the values it may have.
void check(const Config& config);

/// "key = value" lines, sorted: what a trial's provenance keeps of it.
std::string to_text(const Config& config);

/// The model alone, uninitialised. Throws as check() does.
std::unique_ptr<workloads::Model> make_model(const Config& config, c10::Device device);

/// The model on Fashion-MNIST (workloads/fashion_mnist). Throws as check() does; also unless images
/// are 28 x 28 with one channel and ten classes.
std::unique_ptr<workloads::Workload> make_fashion_mnist(const Config& config);

/// The model on ImageNet (workloads/imagenet). Throws as check() does.
std::unique_ptr<workloads::Workload> make_imagenet(const Config& config);

}  // namespace timetrial::vit
