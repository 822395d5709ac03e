#include "workloads/nn/attention_gpu.h"

#include "workloads/nn/attention_kernels.h"

#include <ATen/ops/empty.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace timetrial::nn {
namespace {

/// With neighbours in rows.
at::Tensor in_rows(const at::Tensor& x) {
  return x.stride(-1) == 1 || x.size(-1) == 1 ? x : x.contiguous();
}

DeviceHeads heads_of(const at::Tensor& x) {
  return {static_cast<float*>(x.data_ptr()), x.stride(0), x.stride(1), x.stride(2)};
}

/// In the layout that merge_heads wants.
at::Tensor empty_like_heads(const at::Tensor& x) {
  return at::empty({x.size(0), x.size(2), x.size(1), x.size(3)}, x.options()).transpose(1, 2);
}

DeviceAttention attention_of(const at::Tensor& query, const at::Tensor& key,
                             const at::Tensor& value, const AttentionOptions& options) {
  return {.batch = query.size(0),
          .heads = query.size(1),
          .queries = query.size(2),
          .keys = key.size(2),
          .width = query.size(3),
          .form = static_cast<int>(options.form) - 1,
          .scale = static_cast<float>(options.scale),
          .alpha = static_cast<float>(options.alpha),
          .causal = options.causal,
          .query = heads_of(query),
          .key = heads_of(key),
          .value = heads_of(value)};
}

void* stream_of(c10::Device device) {
  return c10::impl::VirtualGuardImpl(device.type()).getStream(device).native_handle();
}

}  // namespace

bool gpu_kernels_take(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) {
  for (const at::Tensor& tensor : {query, key, value}) {
    if (!tensor.is_cuda() || tensor.scalar_type() != at::kFloat) return false;
  }
  return query.size(-1) <= kWidestHead;
}

at::Tensor attend_on_gpu(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                         const AttentionOptions& options) {
  const c10::DeviceGuard guard(query.device());
  const at::Tensor q = in_rows(query), k = in_rows(key), v = in_rows(value);
  at::Tensor output = empty_like_heads(query);
  queue_attention(attention_of(q, k, v, options), heads_of(output), stream_of(query.device()));
  return output;
}

std::array<at::Tensor, 3> attention_gradients_on_gpu(const at::Tensor& output_gradient,
                                                     const at::Tensor& query, const at::Tensor& key,
                                                     const at::Tensor& value,
                                                     const AttentionOptions& options) {
  const c10::DeviceGuard guard(query.device());
  const at::Tensor q = in_rows(query), k = in_rows(key), v = in_rows(value),
                   gradient = in_rows(output_gradient);
  std::array<at::Tensor, 3> gradients = {empty_like_heads(query), empty_like_heads(key),
                                         empty_like_heads(value)};
  queue_attention_gradients(attention_of(q, k, v, options), heads_of(gradient),
                            heads_of(gradients[0]), heads_of(gradients[1]), heads_of(gradients[2]),
                            stream_of(query.device()));
  return gradients;
}

}  // namespace timetrial::nn
