#pragma once
// RandAugment with fixed strengths, as AlgoPerf's imagenet_vit has it (commit 2c90454fc05d): two of
// 16 operations, drawn with replacement. The five geometric ones go either way with probability
// 1/2; Solarize, with its threshold of 256, leaves 8-bit images as they are.
//
// Source   Cubuk et al. 2019 (arXiv 1909.13719)

#include <ATen/core/Tensor.h>
#include <timetrial/random.h>

namespace timetrial::data {

enum class Augmentation {
  shear_x,
  shear_y,
  translate_x,
  translate_y,
  rotate,
  brightness,
  color,
  contrast,
  sharpness,
  posterize,
  solarize,
  solarize_add,
  auto_contrast,
  equalize,
  invert,
  cutout,
};
inline constexpr int kAugmentations = 16;

/// One operation at AlgoPerf's strength; draws a sign or a place where the operation has one.
at::Tensor augment(const at::Tensor& image, Augmentation augmentation, Random& random);

/// uint8 [H, W, 3] to another image of the same size.
at::Tensor rand_augment(const at::Tensor& image, Random& random);

}  // namespace timetrial::data
