#pragma once
// Scaled dot-product attention in one pass that keeps no scores, and by plain operations where that
// kernel does not compute: other devices, dropout, and a gradient's own graph, which
// Hessian-vector products need and the kernel's gradient does not have.
//
//   const at::Tensor mask = at::zeros({B, 1, 1, S}).masked_fill_(padded, -1e10);
//   const at::Tensor attended = fused_attention(query, key, value, mask, {.dropout = 0.1});
//
// Shapes   query [B, heads, T, D], key and value [B, heads, S, D]; the result as query

#include "workloads/nn/layers.h"

namespace timetrial::nn {

/// softmax(scale * query key^T + mask) value. `mask` broadcasts to [B, heads, T, S], is finite and
/// gets no gradient; undefined: none.
at::Tensor fused_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           const at::Tensor& mask, const AttentionOptions& options);

}  // namespace timetrial::nn
