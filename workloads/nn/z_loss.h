#pragma once
// A penalty that keeps output logits from drifting: the softmax does not feel a shift of all of
// them, float numbers do.
//
// Source  Chowdhery et al. 2022, "PaLM" (arXiv 2204.02311), section 5; c = 1e-4 there

#include <ATen/core/Tensor.h>
#include <timetrial/training.h>

namespace timetrial::nn {

/// The loss with c * log^2 sum_k exp(logits_k) added to each example.
///   logits   [.., K]
///   weights  [..], 0 for padding
/// The loss itself where c is 0.
Loss with_z_loss(Loss loss, const at::Tensor& logits, const at::Tensor& weights, double c);

}  // namespace timetrial::nn
