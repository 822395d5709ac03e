#pragma once
// Layer norm and batch norm as AlgoPerf's speech models have them: scales are stored as their
// distance from 1 ("zero-centred") and so start at 0; the batch norm leaves padding out.
//
// Shapes   x [B, T, width]; paddings [B, T], 1 where padded
// Source   AlgoPerf's LayerNorm and BatchNorm of librispeech_conformer and librispeech_deepspeech
//          (commit 2c90454fc05d)

#include "workloads/nn/builder.h"

#include <ATen/core/Tensor.h>
#include <timetrial/parameter.h>
#include <timetrial/training.h>

#include <string>
#include <vector>

namespace timetrial::speech {

/// Over the last dimension: (x - mean) / sqrt(variance + 1e-6) * (1 + scale) + bias.
class ZeroCentredLayerNorm {
 public:
  ZeroCentredLayerNorm() = default;
  /// Adds `name`.scale and `name`.bias.
  ZeroCentredLayerNorm(nn::Builder& builder, const std::string& name, std::int64_t width);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor scale_, bias_;
};

/// Defaults: AlgoPerf's.
struct BatchNormConfig {
  double momentum = 1 - 0.999;  ///< share of the new statistics in the running ones
  double epsilon = 0.001;
};

/// Throws ConfigError naming the field, its value and what it may be.
void validate(const BatchNormConfig& config);
/// "key = value" lines, sorted: a part of Workload::configuration().
std::string configuration(const BatchNormConfig& config);

/// Statistics over all unpadded frames of the batch; the variance is the biased one, in the running
/// statistics too. Padded frames become 0.
class MaskedBatchNorm {
 public:
  /// Adds `name`.`scale_name` and `name`.bias to the parameters, `name`.running_mean and
  /// `name`.running_var to `state`; set the latter by reset_running_statistics.
  MaskedBatchNorm(nn::Builder& builder, std::vector<NamedTensor>& state, const std::string& name,
                  const std::string& scale_name, std::int64_t width, const BatchNormConfig& config);

  /// In training mode with the batch's statistics, remembered if `update_batch_norm`; in evaluation
  /// mode with the running ones.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& paddings,
                        const ForwardOptions& options) const;

 private:
  void remember(const at::Tensor& mean, const at::Tensor& variance) const;

  at::Tensor scale_, bias_, running_mean_, running_variance_;
  BatchNormConfig config_;
};

/// Means to 0, variances to 1: the start of every batch norm in `state`.
void reset_running_statistics(const std::vector<NamedTensor>& state);

}  // namespace timetrial::speech
