#pragma once
// Attention whose weights are a function of each score alone, without a sum over keys:
//
//   o_i = n_i^-alpha sum_j h(scale * q_i . k_j) v_j,    n_i: how many keys query i sees
//
// h is one of AttentionForm. On a CPU in float32 the scores exist for one block of queries and keys
// at a time (attention_blocks.h), on an NVIDIA GPU for one tile (attention_gpu.h); the backward
// pass computes them again, and needs no statistics of the forward pass, since no sum over a row is
// divided by. Elsewhere, and for a gradient's own graph, plain operations hold the whole matrix.
//
//   const at::Tensor attended = pointwise_attention(
//       query, key, value, {.form = AttentionForm::relu, .alpha = 1});
//
// Shapes   query [B, heads, T, D], key and value [B, heads, S, D]; the result as query
// Source   Wortsman et al. 2023, "Replacing softmax with ReLU in Vision Transformers" (arXiv
//          2309.08586); n_i with a causal mask is ours, the paper has none

#include "workloads/nn/layers.h"

namespace timetrial::nn {

/// `options.form` is not softmax. Differentiable twice.
at::Tensor pointwise_attention(const at::Tensor& query, const at::Tensor& key,
                               const at::Tensor& value, const AttentionOptions& options);

/// h of each element, by plain operations. Throws std::invalid_argument for softmax.
at::Tensor weights_of(const at::Tensor& scores, AttentionForm form);

}  // namespace timetrial::nn
