#include "workloads/nn/layers.h"

#include "workloads/nn/fused_attention.h"
#include "workloads/nn/pointwise_attention.h"

#include <stdexcept>

namespace timetrial::nn {

at::Tensor Linear::operator()(const at::Tensor& x) const { return at::linear(x, weight, bias); }

at::Tensor LayerNorm::operator()(const at::Tensor& x) const {
  return at::layer_norm(x, {weight.size(0)}, weight, bias, epsilon);
}

at::Tensor Embedding::operator()(const at::Tensor& ids) const { return at::embedding(weight, ids); }

double dropout_rate(const ForwardOptions& options, double workload_default) {
  if (!options.training) return 0;
  const double rate = options.dropout.value_or(workload_default);
  if (!(rate >= 0 && rate < 1)) {
    throw std::invalid_argument("dropout = " + std::to_string(rate) + " is outside [0, 1)");
  }
  return rate;
}

at::Tensor dropout(const at::Tensor& x, double rate) {
  return rate == 0 ? x : at::dropout(x, rate, /*train=*/true);
}

at::Tensor gelu_tanh(const at::Tensor& x) { return at::gelu(x, "tanh"); }

at::Tensor split_heads(const at::Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

at::Tensor merge_heads(const at::Tensor& x) { return x.transpose(1, 2).flatten(2); }

const char* to_string(AttentionForm form) {
  switch (form) {
    case AttentionForm::softmax:
      return "softmax";
    case AttentionForm::relu:
      return "relu";
    case AttentionForm::squared_relu:
      return "squared_relu";
    case AttentionForm::gelu:
      return "gelu";
    case AttentionForm::softplus:
      return "softplus";
    case AttentionForm::identity:
      return "identity";
    case AttentionForm::relu6:
      return "relu6";
    case AttentionForm::sigmoid:
      return "sigmoid";
  }
  return "unknown";
}

at::Tensor attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                     const AttentionOptions& options) {
  if (options.form != AttentionForm::softmax) {
    return pointwise_attention(query, key, value, options);
  }
  return fused_attention(query, key, value, /*mask=*/{}, options);
}

}  // namespace timetrial::nn
