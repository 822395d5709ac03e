#pragma once
// Batch normalisation over images, torch's conventions: epsilon inside the root, a momentum of 0.1
// is the weight of the new batch, and the running variance remembers the *unbiased* variance (the
// normalisation itself divides by the biased one).
//
//   BatchNorm norm = add_batch_norm(builder(), state_, "bn1", 64);
//   x = norm(conv(x), options);
//
// Shapes   x [B, C, ..]; all tensors of the layer [C]; any memory format, which the result keeps
// Modes    training: statistics of the batch, remembered unless options.update_batch_norm is false
//          evaluation: running statistics
// Source   Ioffe and Szegedy 2015 (arXiv 1502.03167)

#include "workloads/nn/builder.h"

#include <string>
#include <vector>

namespace timetrial::nn {

struct BatchNorm {
  at::Tensor weight, bias;
  at::Tensor running_mean, running_var;  ///< model state
  double epsilon = 1e-5, momentum = 0.1;

  /// Throws std::invalid_argument in training mode for one value per channel, which has no
  /// variance.
  at::Tensor operator()(const at::Tensor& x, const ForwardOptions& options) const;
};

/// `name`.weight, starting at `scale`, `name`.bias at 0, and in `state` `name`.running_mean and
/// `name`.running_var, uninitialised until forget().
BatchNorm add_batch_norm(Builder& builder, std::vector<NamedTensor>& state, const std::string& name,
                         std::int64_t channels, double scale = 1);

/// Sets the running statistics to those of no batch: mean 0, variance 1.
void forget(const BatchNorm& norm);

}  // namespace timetrial::nn
