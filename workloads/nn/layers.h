#pragma once
// Layers as plain structs of tensors that borrow a model's parameters, and a few functions.
//
// Shapes   x [.., features]; attention [B, heads, T, D]; token ids int64
// Dropout  one rate per call, 0 for none; drawn from the device's default generator
// Layouts  torch's: linear weights [out, in]

#include <ATen/core/Tensor.h>
#include <timetrial/training.h>

#include <cstdint>

namespace timetrial::nn {

/// x W^T + b, or x W^T with an undefined bias.
struct Linear {
  at::Tensor weight, bias;
  at::Tensor operator()(const at::Tensor& x) const;
};

/// Over the last dimension.
struct LayerNorm {
  at::Tensor weight, bias;
  double epsilon = 1e-6;
  at::Tensor operator()(const at::Tensor& x) const;
};

/// Rows of a table, by id.
struct Embedding {
  at::Tensor weight;  ///< [rows, width]
  at::Tensor operator()(const at::Tensor& ids) const;
};

/// The rate that a forward pass drops with: none in evaluation mode, else the caller's, else the
/// workload's. Throws std::invalid_argument for a rate outside [0, 1).
double dropout_rate(const ForwardOptions& options, double workload_default);
/// Zeroes each element with probability `rate` and divides the rest by 1 - rate.
at::Tensor dropout(const at::Tensor& x, double rate);

/// The tanh approximation, 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), AlgoPerf's usual GELU.
at::Tensor gelu_tanh(const at::Tensor& x);

/// [B, T, heads * D] to [B, heads, T, D], and back.
at::Tensor split_heads(const at::Tensor& x, std::int64_t heads);
at::Tensor merge_heads(const at::Tensor& x);

/// How scores become the weights of values: by softmax over the keys that a query sees, or each
/// score alone, through a function (pointwise_attention.h). gelu is the tanh approximation.
enum class AttentionForm { softmax, relu, squared_relu, gelu, softplus, identity, relu6, sigmoid };
const char* to_string(AttentionForm form);

struct AttentionOptions {
  double scale = 0;     ///< of the scores; 0: 1 / sqrt(D)
  bool causal = false;  ///< a query sees no key after its own position
  double dropout = 0;   ///< on the weights
  AttentionForm form = AttentionForm::softmax;
  double alpha = 1;  ///< of forms other than softmax: weights are over (visible keys)^alpha
};

/// softmax(scale * query key^T) value, by fused_attention.h, or another form of it, by
/// pointwise_attention.h. Differentiable twice.
at::Tensor attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                     const AttentionOptions& options);

}  // namespace timetrial::nn
