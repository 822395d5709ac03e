#pragma once
// Point-wise attention by this project's own kernels on an NVIDIA GPU, where they were compiled
// (attention_kernels.cu, with CUDA Toolkit 13). Without them plain operations serve.

#include "workloads/nn/layers.h"

#include <array>

namespace timetrial::nn {

/// Whether the kernels were compiled and take such tensors: float32 on a GPU, heads of at most 128.
bool gpu_kernels_take(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value);

/// As attend_in_blocks and attention_gradients_in_blocks (attention_blocks.h), queued on the
/// device's current stream. Throw std::runtime_error where CUDA does, or where the kernels were not
/// compiled.
at::Tensor attend_on_gpu(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                         const AttentionOptions& options);
std::array<at::Tensor, 3> attention_gradients_on_gpu(const at::Tensor& output_gradient,
                                                     const at::Tensor& query, const at::Tensor& key,
                                                     const at::Tensor& value,
                                                     const AttentionOptions& options);

}  // namespace timetrial::nn
