#include "workloads/nn/pointwise_attention.h"

#include <cmath>
#include <stdexcept>

namespace timetrial::nn {
namespace {

/// n_i^-alpha, [T, 1], or one number where every query sees every key.
at::Tensor over_visible_keys(const at::Tensor& weights, const AttentionOptions& options) {
  const auto queries = weights.size(-2), keys = weights.size(-1);
  if (!options.causal) return weights * std::pow(static_cast<double>(keys), -options.alpha);
  const auto visible = at::arange(1, queries + 1, weights.options()).clamp_max(keys);
  return weights * visible.pow(-options.alpha).unsqueeze(1);
}

/// By plain operations; `options.scale` is set.
at::Tensor plain(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                 const AttentionOptions& options) {
  const at::Tensor scores = at::matmul(query * options.scale, key.transpose(-2, -1));
  at::Tensor weights = weights_of(scores, options.form);
  if (options.causal) weights = weights.tril();
  return at::matmul(dropout(over_visible_keys(weights, options), options.dropout), value);
}

}  // namespace

at::Tensor weights_of(const at::Tensor& scores, AttentionForm form) {
  switch (form) {
    case AttentionForm::softmax:
      break;
    case AttentionForm::relu:
      return scores.relu();
    case AttentionForm::squared_relu:
      return scores.relu().square();
    case AttentionForm::gelu:
      return gelu_tanh(scores);
    case AttentionForm::softplus:
      return at::softplus(scores);
    case AttentionForm::identity:
      return scores;
    case AttentionForm::relu6:
      return scores.clamp(0, 6);
    case AttentionForm::sigmoid:
      return scores.sigmoid();
  }
  throw std::invalid_argument("point-wise attention has no form " + std::string(to_string(form)));
}

at::Tensor pointwise_attention(const at::Tensor& query, const at::Tensor& key,
                               const at::Tensor& value, const AttentionOptions& options) {
  AttentionOptions scaled = options;
  if (scaled.scale == 0) scaled.scale = 1 / std::sqrt(static_cast<double>(query.size(-1)));
  return plain(query, key, value, scaled);
}

}  // namespace timetrial::nn
