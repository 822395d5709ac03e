#pragma once
// Point-wise attention on the CPU's threads in float32, a block of queries and keys at a time, so
// that of the matrix of scores only that block ever exists.
//
// Each head's rows are first copied into whole groups of kLane floats, keys and values turned where
// a product needs them so. Heads, and in the forward pass blocks of queries too, are shared out
// among the threads; sums run in one order, so a result has the same bits on any number of threads.

#include "workloads/nn/layers.h"

#include <array>

namespace timetrial::nn {

/// The result is laid out as merge_heads wants it: [B, T, heads, D], seen as [B, heads, T, D].
/// Tensors float32 on the CPU, none empty; values as wide as queries; `options.scale` is set and
/// the form not softmax; no dropout.
at::Tensor attend_in_blocks(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const AttentionOptions& options);

/// Of query, key and value, in the same layout, each with the shape of its tensor. Scores are
/// computed again.
std::array<at::Tensor, 3> attention_gradients_in_blocks(const at::Tensor& output_gradient,
                                                        const at::Tensor& query,
                                                        const at::Tensor& key,
                                                        const at::Tensor& value,
                                                        const AttentionOptions& options);

}  // namespace timetrial::nn
