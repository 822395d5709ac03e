#pragma once
// Image classification with a vision transformer (ViT), one label per image.
//
// Input    images float32 [B, C, H, W], normalised per channel; labels int64 [B] in [0, classes);
//          weights float32 [B], 0 for padding
// Output   logits float32 [B, classes]; representation [B, width]: what the head reads
// Loss     softmax cross-entropy in nats, one value per example [B]
// Metric   top-1 accuracy, a fraction in [0, 1], higher is better, over every example of a split
// Target   and budget, evaluation period: the rule set's table, by workload name; never from code
// Source   Dosovitskiy et al. 2021 (arXiv 2010.11929); sizes: arXiv 2106.04560, table 2
// Fidelity to AlgoPerf's model, and how it is tested: README.md
#include "workloads/nn/layers.h"
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
  // The same, of models other than AlgoPerf's: Wortsman et al. 2023 (arXiv 2309.08586) and Dehghani
  // et al. 2023 (arXiv 2302.05442). None of attention's switches changes the pooling head's own.
  nn::AttentionForm attention = nn::AttentionForm::softmax;
  double attention_alpha = 1;    ///< of other forms: weights are over tokens^alpha
  bool gated_attention = false;  ///< a projection of its input multiplies what attention gives
  bool qk_norm = false;          ///< layer norm of each head's queries and keys; scales, no biases
  bool parallel = false;         ///< attention and MLP of one normed input, in joint products
  bool qkv_bias = true;          ///< biases of query, key and value
  bool biases = true;            ///< false: none in any layer or norm, whatever qkv_bias says
  bool rms_norm = false;         ///< norms without centring and without biases
  bool learned_positions = false;  ///< a table of parameters, for images of image_size alone
  bool pre_logits = true;          ///< a layer and tanh before the head
  // What is scaled, in studies of instabilities: Wortsman et al. 2023 (arXiv 2309.14322); z-loss:
  // Chowdhery et al. 2022 (arXiv 2204.02311), section 5; the rest: workloads/nn/scaling.h.
  double z_loss = 0;            ///< weight of mean(log^2 Z) in the training loss
  double embedding_scale = 1;   ///< of embedded patches, before their positions are added
  std::int64_t depth_base = 0;  ///< branches times sqrt(depth_base / depth); 0: by 1
  /// muParam against a base of this width and as many heads; 0: standard. The learning rates of its
  /// rule are a submission's: hidden_rate_factor = mup_base_width / width.
  std::int64_t mup_base_width = 0;
};

/// Sizes of arXiv 2106.04560, table 2, on ImageNet; S/16 is the default.
Config base_16();
Config large_16();
/// Of arXiv 2302.05442, table 1 and section 2: 48 blocks, width 6144, patches of 14 pixels.
Config vit_22b();

/// Throws ConfigError naming the field, its value and the values it may have.
void check(const Config& config);

/// "key = value" lines, sorted: what a trial's provenance keeps of it.
std::string to_text(const Config& config);

/// The model alone, uninitialised. Throws as check() does.
std::unique_ptr<workloads::Model> make_model(const Config& config, c10::Device device);

/// The model on Fashion-MNIST (workloads/fashion_mnist). Throws as check() does; also unless images
/// are 28 x 28 with one channel and ten classes.
std::unique_ptr<workloads::Workload> make_fashion_mnist(const Config& config);

/// Made-up images (shape_images.h) whose texture agrees with the shape in nine of ten, or as often
/// as by chance.
enum class ShapeData { biased, independent };
/// The model on them. Throws as check() does; also unless images are 32 x 32 with one channel and
/// eight classes.
std::unique_ptr<workloads::Workload> make_shapes(const Config& config, ShapeData data);

/// The model on ImageNet (workloads/imagenet). Throws as check() does.
std::unique_ptr<workloads::Workload> make_imagenet(const Config& config);

}  // namespace timetrial::vit
