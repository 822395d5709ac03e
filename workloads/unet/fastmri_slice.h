#pragma once
// From the measurements of one slice of a fastMRI volume to an example: keep some columns,
// transform back, crop, normalise.
//
//   const auto mask = column_mask(evaluation_draws(kspace.size(1)));
//   const Slice slice = process(kspace, target, mask);
//
// Source   Zbontar et al. 2018 (arXiv 1811.08839); AlgoPerf's fastmri input pipeline (commit
//          2c90454fc05d)

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace timetrial::unet {

/// Uniform float32 [count] in [0, 1), the numbers of TensorFlow's
/// tf.random.stateless_uniform([count], seed=[seed0, seed1]) on a CPU: Philox 4x32-10, keyed by a
/// scramble of the seed.
at::Tensor stateless_uniform(std::int64_t count, std::uint64_t seed0, std::uint64_t seed1);

/// The draws of AlgoPerf's validation and test slices: one constant seed, so slices of the same
/// width share a mask.
at::Tensor evaluation_draws(std::int64_t columns);

/// The draws of a training slice: a function of a seed and the slice's place in the order of files,
/// so the same in every epoch, as in AlgoPerf (whose random numbers for training are JAX's and
/// TensorFlow's folded into one another; these are others).
at::Tensor training_draws(std::int64_t columns, std::uint64_t seed, std::uint64_t slice);

/// Which columns are kept, 1 or 0, float32 [W]: the int(0.08 W) central ones, and those whose
/// uniform draw [W] is below the probability that makes a quarter of all expected. Throws
/// std::invalid_argument unless the draws are float32 [W].
at::Tensor column_mask(const at::Tensor& draws);

struct Slice {
  at::Tensor inputs, targets;  ///< float32 [h, w], within [-6, 6]
  double mean = 0, std = 0;    ///< of the inputs' magnitudes before they were taken out of both
};

/// kspace complex64 [H, W], target float32 [h, w] with h <= H and w <= W, mask [W]. The centred
/// orthonormal inverse transform of the masked k-space, cropped to the target's size, as
/// magnitudes. Throws std::invalid_argument for other types or shapes.
Slice process(const at::Tensor& kspace, const at::Tensor& target, const at::Tensor& mask);

}  // namespace timetrial::unet
