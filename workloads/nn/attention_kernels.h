#pragma once
// Point-wise attention on an NVIDIA GPU, a tile of queries and keys at a time. No CUDA header is
// needed to call it, and no LibTorch header to compile it.

#include <cstdint>

namespace timetrial::nn {

/// The widest head that a tile has room for.
constexpr std::int64_t kWidestHead = 128;

/// A [batch, heads, rows, width] tensor on the device; a row's elements are neighbours.
struct DeviceHeads {
  float* data;
  std::int64_t batch, head, row;  ///< strides, in elements
};

struct DeviceAttention {
  std::int64_t batch, heads, queries, keys, width;  ///< width <= kWidestHead
  int form;                                         ///< as AttentionLoops counts them
  float scale, alpha;
  bool causal;
  DeviceHeads query, key, value;
};

/// Queue on `stream`, a cudaStream_t of the current device. Equal inputs give equal bits. Throw
/// std::runtime_error with CUDA's message.
void queue_attention(const DeviceAttention& attention, const DeviceHeads& output, void* stream);
/// Sets the gradients of query, key and value.
void queue_attention_gradients(const DeviceAttention& attention, const DeviceHeads& output_gradient,
                               const DeviceHeads& query_gradient, const DeviceHeads& key_gradient,
                               const DeviceHeads& value_gradient, void* stream);

}  // namespace timetrial::nn
