#pragma once
// How a parameter gets its first values.
//
//   fill(weight, lecun_normal(), derive_seed(seed, "encoder.weight"));
//
// A value is a function of (seed, position in the tensor) alone: drawn on the CPU with the
// counter-based generator and turned into a normal by the inverse of its distribution function, so
// equal seeds give equal bits whatever the device and the number of threads.
//
// Fans are torch's: fan_in = size(1) * receptive field, fan_out = size(0) * receptive field, of the
// stored tensor (a fused [3d, d] matrix has fan_in d and fan_out 3d).

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace timetrial::nn {

/// Made by the functions below; the numbers mean what the kind says.
struct Initializer {
  enum class Kind { constant, normal, uniform, lecun_normal, xavier_uniform };
  Kind kind = Kind::constant;
  double value = 0;  ///< constant: the value; normal: standard deviation; uniform: bound
};

Initializer constant(double value);
Initializer zeros();
Initializer ones();
/// Mean 0.
Initializer normal(double standard_deviation);
/// Between -bound and bound.
Initializer uniform(double bound);
/// Normal cut off at two sigmas, with standard deviation sqrt(1 / fan_in) after the cut: LeCun et
/// al. 1998, "Efficient BackProp", in the form of JAX's variance_scaling(1, "fan_in",
/// "truncated_normal").
Initializer lecun_normal();
/// Uniform between -/+ sqrt(6 / (fan_in + fan_out)): Glorot and Bengio 2010, equation 16.
Initializer xavier_uniform();

/// Sets the values of a float32 tensor in place, on whatever device it is. Throws
/// std::invalid_argument for a tensor with fewer than two dimensions where fans are needed.
void fill(const at::Tensor& tensor, const Initializer& initializer, std::uint64_t seed);

/// The inverse of the standard normal distribution function, for p in (0, 1), to 16 digits.
/// Source: Wichura 1988, "Algorithm AS 241: The percentage points of the normal distribution".
double normal_quantile(double p);

}  // namespace timetrial::nn
