#pragma once
// Training losses as AlgoPerf defines them: a value per example, their sum over the valid ones, and
// the number of valid ones. Submissions train on summed / valid_examples.

#include <ATen/core/Tensor.h>
#include <timetrial/training.h>

namespace timetrial::nn {

/// Softmax cross-entropy in nats.
///   logits   [.., K]
///   targets  int64 [..], or probabilities [.., K]
///   weights  [..], 0 for padding; undefined: all 1
/// Label smoothing s turns a target y into (1 - s) y + s / K. `per_example` is [..], times weights;
/// `valid_examples` is the sum of the weights.
Loss softmax_cross_entropy(const at::Tensor& logits, const at::Tensor& targets,
                           const at::Tensor& weights, double label_smoothing);

/// Binary cross-entropy of sigmoid(logits) in nats, in a form that cannot overflow; all shapes
/// [..].
Loss sigmoid_cross_entropy(const at::Tensor& logits, const at::Tensor& targets,
                           const at::Tensor& weights);

/// Mean absolute error of each example, over all its values.
///   outputs, targets  [B, ..]
///   weights           [B], 0 for padding; undefined: all 1
/// `per_example` is [B], times weights; `valid_examples` is the sum of the weights.
Loss mean_absolute_error(const at::Tensor& outputs, const at::Tensor& targets,
                         const at::Tensor& weights);

}  // namespace timetrial::nn
