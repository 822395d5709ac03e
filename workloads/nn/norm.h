#pragma once
// The norms over the last dimension that models choose between: layer norm, with or without a bias,
// or RMS norm, x / rms(x) times a scale.
//
//   const nn::Norm norm = nn::add_norm(builder, "norm", {.width = 64, .centred = false});
//
// Source  RMS norm: Zhang and Sennrich 2019 (arXiv 1910.07467)

#include "workloads/nn/builder.h"

#include <string>

namespace timetrial::nn {

struct Norm {
  at::Tensor weight;  ///< [width]
  at::Tensor bias;    ///< [width], or undefined: none
  double epsilon = 1e-6;
  bool centred = true;  ///< layer norm; else RMS norm
  at::Tensor operator()(const at::Tensor& x) const;
};

struct NormSpec {
  std::int64_t width = 0;
  bool centred = true;
  bool bias = true;  ///< of a centred one; RMS norm has none
  double epsilon = 1e-6;
};

/// `name`.weight, which starts at 1, and `name`.bias, which starts at 0.
Norm add_norm(Builder& builder, const std::string& name, const NormSpec& spec);

}  // namespace timetrial::nn
