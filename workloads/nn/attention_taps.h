#pragma once
// What taps.h is told of attention and of streams of activations. Kernels in one pass keep no
// scores, so they are computed once more, plainly and without a gradient, and only while somebody
// listens.
//
//   nn::tap_attention("layers.0", query, key, /*mask=*/{}, options);
//   nn::tap_rms("layers.0.output_rms", x);

#include "workloads/nn/layers.h"

#include <string>

namespace timetrial::nn {

/// Reports `<block>.attention_logit_max`, the largest |scale * query key^T| of a pair that `mask`
/// (as fused_attention.h's, hidden where it is below -1e9) and the order of positions let see, and
/// `<block>.attention_entropy` in nats, for softmax alone.
void tap_attention(const std::string& block, const at::Tensor& query, const at::Tensor& key,
                   const at::Tensor& mask, const AttentionOptions& options);

/// Reports the root of the mean square of x under `name`.
void tap_rms(const std::string& name, const at::Tensor& x);

}  // namespace timetrial::nn
