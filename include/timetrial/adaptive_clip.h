#pragma once
// Adaptive gradient clipping (AGC): a gradient is no longer than a share of the weights that it
// moves, output unit by output unit or tensor by tensor.
//
//   clip             above 0; the share, the paper's lambda; default 0.01
//   clip_epsilon     above 0; the least length that weights count with; default 1e-3
//   clip_scope       0, the default: each output unit by itself; 1: each tensor as a whole, as the
//                    ranking paper has it
//   clip_vectors     0, the default: biases and gains, which have no units, stay as they are; 1:
//                    each is clipped as a whole
//   clip_embeddings  0, the default: embedding tables stay as they are, as in the ranking paper,
//                    which clips dense parameters only; 1: they are clipped too, a row being a unit
//
// Source  Brock et al. 2021, "High-Performance Large-Scale Image Recognition Without Normalization"
//         (arXiv 2102.06171), section 4; tensor by tensor: Tang et al. 2023, "Improving Training
//         Stability for Multitask Ranking Models in Recommender Systems" (arXiv 2302.09178)

#include <ATen/core/Tensor.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <timetrial/hyperparameter_reader.h>
#include <timetrial/parameter.h>

#include <cstdint>
#include <vector>

namespace timetrial {

struct AdaptiveClip {
  double share = 0.01, shortest_weight = 1e-3;
  bool by_tensor = false, vectors = false, embeddings = false;

  bool clips(const Parameter& parameter) const {
    if (parameter.tensor.numel() == 0) return false;
    if (parameter.tensor.dim() < 2 && !vectors) return false;
    return embeddings || !is_embedding_table(parameter);
  }
};

/// Throws std::invalid_argument as the reader does.
inline AdaptiveClip read_adaptive_clip(HyperparameterReader& read) {
  AdaptiveClip clip;
  clip.share = read.positive("clip", clip.share);
  clip.shortest_weight = read.positive("clip_epsilon", clip.shortest_weight);
  clip.by_tensor = read.choice("clip_scope", 1, 0) == 1;
  clip.vectors = read.choice("clip_vectors", 1, 0) == 1;
  clip.embeddings = read.choice("clip_embeddings", 1, 0) == 1;
  return clip;
}

/// The length of each output unit, of shape [out, 1, …]: the first dimension of a matrix or kernel
/// counts the units. What has no units, and with `by_tensor` all, is one unit, of shape [1, 1, …].
inline at::Tensor unit_lengths(const at::Tensor& x, bool by_tensor) {
  std::vector<std::int64_t> dimensions;
  for (std::int64_t dim = by_tensor || x.dim() < 2 ? 0 : 1; dim < x.dim(); ++dim) {
    dimensions.push_back(dim);
  }
  return at::linalg_vector_norm(x, 2, dimensions, /*keepdim=*/true);
}

/// Clips the gradient of a parameter for which clips() holds, in place. Returns what each unit was
/// multiplied with, at most 1, on the parameter's device.
inline at::Tensor clip_adaptively(const AdaptiveClip& clip, const at::Tensor& weight,
                                  at::Tensor& gradient) {
  constexpr double kShortestGradient = 1e-6;  // of the paper's code
  const at::Tensor allowed =
      unit_lengths(weight, clip.by_tensor).clamp_min_(clip.shortest_weight).mul_(clip.share);
  const at::Tensor wanted = unit_lengths(gradient, clip.by_tensor).clamp_min_(kShortestGradient);
  at::Tensor factors = allowed.div(wanted).clamp_max_(1);
  gradient.mul_(factors);
  return factors;
}

}  // namespace timetrial
