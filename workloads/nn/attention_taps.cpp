#include "workloads/nn/attention_taps.h"

#include "workloads/nn/taps.h"

#include <ATen/core/grad_mode.h>

#include <cmath>

namespace timetrial::nn {
namespace {

constexpr double kHidden = -1e9;

/// Bool, broadcastable to the scores; undefined where every pair is visible.
at::Tensor hidden_pairs(const at::Tensor& scores, const at::Tensor& mask, bool causal) {
  at::Tensor hidden;
  if (mask.defined()) hidden = mask.lt(kHidden);
  if (causal) {
    const at::Tensor future =
        at::ones({scores.size(-2), scores.size(-1)}, scores.options().dtype(at::kBool)).triu(1);
    hidden = hidden.defined() ? hidden.logical_or(future) : future;
  }
  return hidden;
}

}  // namespace

void tap_attention(const std::string& block, const at::Tensor& query, const at::Tensor& key,
                   const at::Tensor& mask, const AttentionOptions& options) {
  if (!tapping()) return;
  const at::NoGradGuard no_grad;
  const double scale =
      options.scale == 0 ? 1 / std::sqrt(static_cast<double>(query.size(-1))) : options.scale;
  const at::Tensor scores = at::matmul(query * scale, key.transpose(-2, -1));
  const at::Tensor hidden = hidden_pairs(scores, mask, options.causal);
  const at::Tensor sizes = hidden.defined() ? scores.abs().masked_fill(hidden, 0) : scores.abs();
  tap(block + ".attention_logit_max", sizes.max().item<double>());
  if (options.form != AttentionForm::softmax) return;  // whose weights are no distribution
  at::Tensor masked = mask.defined() ? scores + mask : scores;
  if (hidden.defined()) masked = masked.masked_fill(hidden, kHidden);
  const at::Tensor log_p = at::log_softmax(masked, -1);
  tap(block + ".attention_entropy", -log_p.exp().mul(log_p).sum(-1).mean().item<double>());
}

void tap_rms(const std::string& name, const at::Tensor& x) {
  if (!tapping()) return;
  const at::NoGradGuard no_grad;
  tap(name, std::sqrt(x.square().mean(at::kDouble).item<double>()));
}

}  // namespace timetrial::nn
