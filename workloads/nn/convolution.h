#pragma once
// Two-dimensional convolution, and its transpose.
//
// Shapes   x [B, in, H, W], any memory format; weights [out, in / groups, k, k], those of a
//          transposed convolution [in, out, k, k]
// Padding  zeros

#include "workloads/nn/builder.h"

#include <string>

namespace timetrial::nn {

struct Conv2d {
  at::Tensor weight, bias;  ///< undefined bias: none
  std::int64_t stride = 1, padding = 0, dilation = 1, groups = 1;
  at::Tensor operator()(const at::Tensor& x) const;
};

/// Its kernel is as wide as its stride, so windows do not overlap; no bias.
struct ConvTranspose2d {
  at::Tensor weight;
  std::int64_t stride = 2;
  at::Tensor operator()(const at::Tensor& x) const;
};

struct Conv2dSpec {
  std::int64_t in = 0, out = 0, kernel = 3;
  std::int64_t stride = 1, padding = 0, dilation = 1, groups = 1;
  bool bias = false;
};

/// `name`.weight, LeCun's initialisation, and `name`.bias, zeros, if it has one.
Conv2d add_conv2d(Builder& builder, const std::string& name, const Conv2dSpec& spec);
/// `name`.weight. LeCun's fan_in counts torch's size(1), which here is the number of *outputs*.
ConvTranspose2d add_conv_transpose2d(Builder& builder, const std::string& name, std::int64_t in,
                                     std::int64_t out, std::int64_t stride);

}  // namespace timetrial::nn
