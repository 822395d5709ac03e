#pragma once
// SpecAugment: hides random stretches of time and bands of frequency from a speech model.
//
//   const auto draws = draw_masks(config, features.size(0), features.device());
//   features = features * time_mask(config, lengths, T, draws).unsqueeze(2)
//                       * frequency_mask(config, 80, draws).unsqueeze(1);
//
// Source   Park et al. 2019 (arXiv 1904.08779), in AlgoPerf's form (commit 2c90454fc05d): a masked
//          entry becomes 0, the mean of a normalised feature, and all lengths are drawn per example
// Time     `time_masks` stretches of int(u1 * time_mask_ratio * L) frames, L the example's valid
//          frames, at most max(int(time_mask_ratio * L), 1), starting at int(u2 * (L - length + 1))
// Frequency `frequency_masks` bands of int(u1 * frequency_mask_bins) bins, at most max(bins, 1),
//          starting at int(u2 * (bins - length + 1))

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace timetrial::speech {

/// Defaults: AlgoPerf's speech workloads.
struct SpecAugmentConfig {
  bool enabled = true;
  std::int64_t frequency_masks = 2;
  std::int64_t frequency_mask_bins = 27;  ///< longest band; 0: no bands
  std::int64_t time_masks = 10;
  std::int64_t time_mask_frames = 40;  ///< longest stretch, in place of time_mask_ratio * L in u1's
                                       ///< product; used only if `dynamic_time_mask_frames` is not
  double time_mask_ratio = 0.05;       ///< of an example's frames, per stretch; 0: no stretches
  double time_masks_per_frame = 0;     ///< where > 0, only this times L of the stretches are used
  bool dynamic_time_mask_frames = true;
};

/// Throws ConfigError naming the field, its value and what it may be.
void validate(const SpecAugmentConfig& config);
/// "key = value" lines, sorted: a part of Workload::configuration().
std::string configuration(const SpecAugmentConfig& config);

/// Uniform numbers in [0, 1), [B, masks] each.
struct MaskDraws {
  at::Tensor time_lengths, time_starts, frequency_lengths, frequency_starts;
};

/// From the device's default generator, as dropout.
MaskDraws draw_masks(const SpecAugmentConfig& config, std::int64_t examples, c10::Device device);

/// float32 [B, frames]: 0 where hidden, else 1. `lengths` int64 [B] are the valid frames.
at::Tensor time_mask(const SpecAugmentConfig& config, const at::Tensor& lengths,
                     std::int64_t frames, const MaskDraws& draws);
/// float32 [B, bins].
at::Tensor frequency_mask(const SpecAugmentConfig& config, std::int64_t bins,
                          const MaskDraws& draws);

/// Features [B, T, F] with freshly drawn masks; paddings [B, T] say how long each example is.
at::Tensor spec_augment(const SpecAugmentConfig& config, const at::Tensor& features,
                        const at::Tensor& paddings);

}  // namespace timetrial::speech
