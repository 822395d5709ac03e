// The transformer as in AlgoPerf's wmt, as facts of its commit 2c90454fc05d:
//   encoder: x = E[source] + positions; per layer: x += SA(LN x); x += FF(LN x); LN at the end
//   decoder: the same with x += CA(LN x, encoder output) between, from targets shifted right
//   logits = x E^T / sqrt(d)
// E is not multiplied by sqrt(d) on the way in. In packed rows the first token of a later sentence
// sees the last one of the sentence before as its input; only attention keeps sentences apart.
#include "workloads/transformer/model.h"

#include "workloads/nn/attention_taps.h"
#include "workloads/nn/pointwise_attention.h"
#include "workloads/nn/taps.h"

#include <ATen/core/grad_mode.h>

#include <cmath>

namespace timetrial::transformer {
namespace {

constexpr double kMasked = -1e10;

/// [.., L] x [.., M] -> bool [.., L, M].
at::Tensor pairs(const at::Tensor& queries, const at::Tensor& keys) {
  return at::logical_and(queries.unsqueeze(-1), keys.unsqueeze(-2));
}

at::Tensor same_segment(const at::Tensor& queries, const at::Tensor& keys) {
  return queries.unsqueeze(-1).eq(keys.unsqueeze(-2));
}

at::Tensor optional(const Batch& batch, const std::string& name) {
  return batch.contains(name) ? batch.at(name) : at::Tensor();
}

void tap_log_z(const at::Tensor& logits) {
  if (!nn::tapping()) return;
  const at::NoGradGuard no_grad;
  nn::tap("log_z", logits.logsumexp(-1).mean(at::kDouble).item<double>());
}

}  // namespace

at::Tensor additive_mask(const at::Tensor& allowed) {
  return at::zeros(allowed.sizes(), allowed.options().dtype(at::kFloat))
      .masked_fill_(allowed.logical_not(), kMasked)
      .unsqueeze(1);
}

void require_ids(const at::Tensor& ids, const char* name) {
  if (ids.dim() != 2 || ids.size(1) < 1 || ids.size(1) > kMaxLength) {
    throw std::invalid_argument(std::string("transformer: ") + name +
                                " must be [B, L] with L from 1 to " + std::to_string(kMaxLength));
  }
}

at::Tensor Transformer::feed_forward(const at::Tensor& x, const FeedForward& mlp,
                                     double dropout) const {
  at::Tensor hidden = mlp.linear1(x);
  hidden = config_.activation == Activation::tanh ? hidden.tanh() : hidden.relu();
  if (mlp.linear_glu.weight.defined()) hidden = hidden * mlp.linear_glu(x);
  return nn::dropout(mlp.linear2(nn::dropout(hidden, dropout)), dropout);
}

at::Tensor Transformer::split(const at::Tensor& x) const {
  return nn::split_heads(x, config_.heads);
}

at::Tensor Transformer::split(const at::Tensor& x, const at::Tensor& scale) const {
  const at::Tensor heads = split(x);
  if (!scale.defined()) return heads;
  return at::layer_norm(heads, scale.sizes(), scale, /*bias=*/{}, config_.layer_norm_epsilon);
}

at::Tensor Transformer::weights(const at::Tensor& scores, const at::Tensor& mask) const {
  if (config_.attention == nn::AttentionForm::softmax) {
    return at::softmax(mask.defined() ? scores + mask : scores, -1);
  }
  const at::Tensor values = nn::weights_of(scores, config_.attention);
  if (!mask.defined()) {
    return values / std::pow(static_cast<double>(scores.size(-1)), config_.attention_alpha);
  }
  // A query that may see nothing gathers nothing.
  const at::Tensor visible = mask.eq(0);
  const at::Tensor count = visible.sum(-1, /*keepdim=*/true).clamp_min(1).to(scores.scalar_type());
  return values.masked_fill(visible.logical_not(), 0) / count.pow(config_.attention_alpha);
}

at::Tensor Transformer::attend(const at::Tensor& query, const at::Tensor& keys,
                               const at::Tensor& values, const at::Tensor& mask, double dropout,
                               const std::string& block) const {
  const double scale = config_.attention_temperature * nn::attention_scale(widths_);
  if (!block.empty()) {
    nn::tap_attention(block, query, keys, mask, {.scale = scale, .form = config_.attention});
  }
  const at::Tensor scores = at::matmul(query * scale, keys.transpose(-2, -1));
  return nn::merge_heads(at::matmul(nn::dropout(weights(scores, mask), dropout), values));
}

at::Tensor Transformer::self_attention(const at::Tensor& x, const SelfAttention& layer,
                                       const at::Tensor& mask, double dropout,
                                       const std::string& block) const {
  const auto qkv = layer.in_proj(x).split(config_.width, -1);
  const at::Tensor gathered = attend(split(qkv[0], layer.norm.query), split(qkv[1], layer.norm.key),
                                     split(qkv[2]), mask, dropout, block);
  return attention_branch(layer.out_proj(gated(gathered, layer.gate, x)), dropout, block);
}

at::Tensor Transformer::cross_attention(const at::Tensor& x, const CrossAttention& layer,
                                        const at::Tensor& memory, const at::Tensor& mask,
                                        double dropout, const std::string& block) const {
  const auto kv = layer.kv_proj(memory).split(config_.width, -1);
  const at::Tensor gathered =
      attend(split(layer.q_proj(x), layer.norm.query), split(kv[0], layer.norm.key), split(kv[1]),
             mask, dropout, block);
  return attention_branch(layer.out_proj(gated(gathered, layer.gate, x)), dropout, block);
}

at::Tensor Transformer::attention_branch(const at::Tensor& attended, double dropout,
                                         const std::string& block) const {
  if (nn::tapping()) {
    nn::tap_rms(block + ".attention_branch_rms", nn::times(attended, branch_scale_));
  }
  return nn::dropout(attended, dropout);
}

at::Tensor Transformer::through(at::Tensor x, const std::vector<Branch>& branches) const {
  if (config_.parallel) {
    const at::Tensor in = branches.front().norm(x);
    for (const Branch& branch : branches) x = x + nn::times(branch.of(in), branch_scale_);
    return x;
  }
  for (const auto& [norm, of] : branches) {
    x = config_.post_ln ? norm(x + nn::times(of(x), branch_scale_))
                        : x + nn::times(of(norm(x)), branch_scale_);
  }
  return x;
}

at::Tensor Transformer::embed(const at::Tensor& ids, const at::Tensor& positions,
                              double dropout) const {
  const at::Tensor rows = positions.defined() ? at::embedding(positions_, positions)
                                              : positions_.narrow(0, 0, ids.size(1));
  return nn::dropout(nn::times(embedding_(ids), config_.embedding_scale) + rows, dropout);
}

at::Tensor Transformer::encode(const at::Tensor& inputs, const at::Tensor& positions,
                               const at::Tensor& segments, double dropout) const {
  const at::Tensor valid = inputs.gt(0);
  at::Tensor allowed = pairs(valid, valid);
  if (segments.defined()) allowed = allowed.logical_and(same_segment(segments, segments));
  const at::Tensor mask = additive_mask(allowed);
  at::Tensor x = embed(inputs, positions, dropout);
  for (const EncoderLayer& layer : encoder_) {
    const auto attention = [&](const at::Tensor& in) {
      return self_attention(in, layer.self_attn, mask, dropout, layer.name);
    };
    const auto mlp = [&](const at::Tensor& in) { return feed_forward(in, layer.mlp, dropout); };
    x = through(x, {{layer.norm1, attention}, {layer.norm2, mlp}});
    nn::tap_rms(layer.name + ".output_rms", x);
  }
  return config_.post_ln ? x : encoder_norm_(x);
}

at::Tensor Transformer::output(const at::Tensor& x) const {
  const at::Tensor last = config_.post_ln ? x : decoder_norm_(x);
  // With muParam the root is that of its base's width.
  const auto width = static_cast<double>(nn::width_of_vectors(widths_));
  return nn::times(at::linear(last, embedding_.weight) / std::sqrt(width),
                   nn::output_scale(widths_));
}

ModelOutput Transformer::forward(const Batch& batch, const ForwardOptions& options) {
  const at::Tensor &inputs = batch.inputs(), &targets = batch.targets();
  require_ids(inputs, "inputs");
  require_ids(targets, "targets");
  if (inputs.size(0) != targets.size(0)) {
    throw std::invalid_argument("transformer: inputs and targets must have as many rows");
  }
  const double dropout = nn::dropout_rate(options, config_.dropout);
  const at::Tensor memory = encode(inputs, optional(batch, "inputs_position"),
                                   optional(batch, "inputs_segmentation"), dropout);
  const at::Tensor logits = decode(batch, memory, dropout);
  tap_log_z(logits);
  return {logits, {}};
}

at::Tensor Transformer::decode(const Batch& batch, const at::Tensor& memory, double dropout) const {
  const at::Tensor& targets = batch.targets();
  const at::Tensor valid = targets.gt(0);
  at::Tensor seen = pairs(valid, valid).tril(), memory_seen = pairs(valid, batch.inputs().gt(0));
  if (batch.contains("targets_segmentation")) {
    const at::Tensor& segments = batch.at("targets_segmentation");
    seen = seen.logical_and(same_segment(segments, segments));
    memory_seen = memory_seen.logical_and(same_segment(segments, batch.at("inputs_segmentation")));
  }
  const at::Tensor mask = additive_mask(seen), memory_mask = additive_mask(memory_seen);

  const at::Tensor shifted = at::constant_pad_nd(targets, {1, 0}).narrow(1, 0, targets.size(1));
  at::Tensor x = embed(shifted, optional(batch, "targets_position"), dropout);
  for (const DecoderLayer& layer : decoder_) {
    const auto attention = [&](const at::Tensor& in) {
      return self_attention(in, layer.self_attn, mask, dropout, layer.name);
    };
    const auto cross = [&](const at::Tensor& in) {
      return cross_attention(in, layer.multihead_attn, memory, memory_mask, dropout,
                             layer.name + ".cross");
    };
    const auto mlp = [&](const at::Tensor& in) { return feed_forward(in, layer.mlp, dropout); };
    x = through(x, {{layer.norm1, attention}, {layer.norm2, cross}, {layer.norm3, mlp}});
    nn::tap_rms(layer.name + ".output_rms", x);
  }
  return output(x);
}

std::unique_ptr<Transformer> make_model(const Config& config, c10::Device device) {
  validate(config);
  return std::make_unique<Transformer>(config, device);
}

}  // namespace timetrial::transformer
