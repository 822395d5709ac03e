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
constexpr double kBiasStd = 1e-6;

/// sines in the first half of a row, cosines in the second, of position / 10000^(i / (d/2 - 1)).
at::Tensor position_table(std::int64_t width, c10::Device device) {
  const auto float32 = at::TensorOptions(at::kFloat).device(device);
  const std::int64_t half = width / 2;
  const double step = -std::log(10000.0) / static_cast<double>(half - 1);
  const at::Tensor angles =
      at::outer(at::arange(kMaxLength, float32), at::arange(half, float32).mul(step).exp());
  return at::cat({angles.sin(), angles.cos()}, 1);
}

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

Transformer::Transformer(const Config& config, c10::Device device)
    : BuiltModel(device), config_(config) {
  embedding_ =
      builder().embedding("shared_embedding", config.vocab_size, config.width, nn::normal(1));
  for (std::int64_t i = 0; i < config.layers; ++i) {
    const std::string in = "encoder.encoder.layers." + std::to_string(i) + ".";
    EncoderLayer layer;
    layer.name = "encoder.layers." + std::to_string(i);
    layer.self_attn = add_self_attention(in + "self_attn");
    layer.mlp = add_feed_forward(in);
    layer.norm1 = add_norm(in + "norm1");
    layer.norm2 = add_norm(in + "norm2");
    encoder_.push_back(std::move(layer));
  }
  if (!config.post_ln) encoder_norm_ = add_norm("encoder.encoder.norm");
  for (std::int64_t i = 0; i < config.layers; ++i) {
    const std::string in = "decoder.decoder.layers." + std::to_string(i) + ".";
    DecoderLayer layer;
    layer.name = "decoder.layers." + std::to_string(i);
    layer.self_attn = add_self_attention(in + "self_attn");
    layer.multihead_attn = add_cross_attention(in + "multihead_attn");
    // AlgoPerf's decoder has the gate as [mlp_dim, mlp_dim], on an input of width d: they are
    // equal.
    layer.mlp = add_feed_forward(in);
    layer.norm1 = add_norm(in + "norm1");
    layer.norm2 = add_norm(in + "norm2");
    layer.norm3 = add_norm(in + "norm3");
    decoder_.push_back(std::move(layer));
  }
  if (!config.post_ln) decoder_norm_ = add_norm("decoder.decoder.norm");
  positions_ = position_table(config.width, device);
}

nn::Linear Transformer::add_projection(const std::string& name, std::int64_t out,
                                       ParameterType type) {
  return builder().linear(name, {.in = config_.width,
                                 .out = out,
                                 .bias = false,
                                 .weight_init = nn::xavier_uniform(),
                                 .weight_type = type});
}

SelfAttention Transformer::add_self_attention(const std::string& name) {
  SelfAttention layer;
  layer.in_proj =
      add_projection(name + ".in_proj", 3 * config_.width, ParameterType::attention_qkv);
  layer.out_proj = add_projection(name + ".out_proj", config_.width, ParameterType::attention_out);
  layer.norm = add_query_key_norm(name);
  return layer;
}

CrossAttention Transformer::add_cross_attention(const std::string& name) {
  CrossAttention layer;
  layer.q_proj = add_projection(name + ".q_proj", config_.width, ParameterType::attention_q);
  layer.kv_proj = add_projection(name + ".kv_proj", 2 * config_.width, ParameterType::attention_kv);
  layer.out_proj = add_projection(name + ".out_proj", config_.width, ParameterType::attention_out);
  layer.norm = add_query_key_norm(name);
  return layer;
}

FeedForward Transformer::add_feed_forward(const std::string& prefix) {
  const auto linear = [&](const std::string& part, std::int64_t in, std::int64_t out) {
    return builder().linear(prefix + part, {.in = in,
                                            .out = out,
                                            .weight_init = nn::xavier_uniform(),
                                            .bias_init = nn::normal(kBiasStd)});
  };
  FeedForward mlp;
  mlp.linear1 = linear("linear1", config_.width, config_.mlp_dim);
  if (config_.glu) mlp.linear_glu = linear("linear_glu", config_.width, config_.mlp_dim);
  mlp.linear2 = linear("linear2", config_.mlp_dim, config_.width);
  return mlp;
}

QueryKeyNorm Transformer::add_query_key_norm(const std::string& name) {
  if (!config_.qk_layer_norm) return {};
  const auto scale = [&](const char* which) {
    return builder().parameter(name + which, ParameterType::layer_norm_scale,
                               {config_.width / config_.heads}, nn::ones());
  };
  QueryKeyNorm norm;
  norm.query = scale(".q_norm.weight");
  norm.key = scale(".k_norm.weight");
  return norm;
}

nn::LayerNorm Transformer::add_norm(const std::string& name) {
  return builder().layer_norm(name, config_.width, config_.layer_norm_epsilon);
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
  const double scale =
      config_.attention_temperature / std::sqrt(static_cast<double>(query.size(-1)));
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
  const at::Tensor attended =
      layer.out_proj(attend(split(qkv[0], layer.norm.query), split(qkv[1], layer.norm.key),
                            split(qkv[2]), mask, dropout, block));
  nn::tap_rms(block + ".attention_branch_rms", attended);
  return nn::dropout(attended, dropout);
}

at::Tensor Transformer::embed(const at::Tensor& ids, const at::Tensor& positions,
                              double dropout) const {
  const at::Tensor rows = positions.defined() ? at::embedding(positions_, positions)
                                              : positions_.narrow(0, 0, ids.size(1));
  return nn::dropout(embedding_(ids) + rows, dropout);
}

at::Tensor Transformer::encode(const at::Tensor& inputs, const at::Tensor& positions,
                               const at::Tensor& segments, double dropout) const {
  const at::Tensor valid = inputs.gt(0);
  at::Tensor allowed = pairs(valid, valid);
  if (segments.defined()) allowed = allowed.logical_and(same_segment(segments, segments));
  const at::Tensor mask = additive_mask(allowed);
  at::Tensor x = embed(inputs, positions, dropout);
  for (const EncoderLayer& layer : encoder_) {
    x = residual(x, layer.norm1, [&](const at::Tensor& in) {
      return self_attention(in, layer.self_attn, mask, dropout, layer.name);
    });
    x = residual(x, layer.norm2,
                 [&](const at::Tensor& in) { return feed_forward(in, layer.mlp, dropout); });
    nn::tap_rms(layer.name + ".output_rms", x);
  }
  return config_.post_ln ? x : encoder_norm_(x);
}

at::Tensor Transformer::output(const at::Tensor& x) const {
  const at::Tensor last = config_.post_ln ? x : decoder_norm_(x);
  return at::linear(last, embedding_.weight) / std::sqrt(static_cast<double>(config_.width));
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
    x = residual(x, layer.norm1, [&](const at::Tensor& in) {
      return self_attention(in, layer.self_attn, mask, dropout, layer.name);
    });
    x = residual(x, layer.norm2, [&](const at::Tensor& in) {
      const CrossAttention& cross = layer.multihead_attn;
      const auto kv = cross.kv_proj(memory).split(config_.width, -1);
      const std::string block = layer.name + ".cross";
      const at::Tensor attended = cross.out_proj(attend(split(cross.q_proj(in), cross.norm.query),
                                                        split(kv[0], cross.norm.key), split(kv[1]),
                                                        memory_mask, dropout, block));
      nn::tap_rms(block + ".attention_branch_rms", attended);
      return nn::dropout(attended, dropout);
    });
    x = residual(x, layer.norm3,
                 [&](const at::Tensor& in) { return feed_forward(in, layer.mlp, dropout); });
    nn::tap_rms(layer.name + ".output_rms", x);
  }
  return output(x);
}

std::unique_ptr<Transformer> make_model(const Config& config, c10::Device device) {
  validate(config);
  return std::make_unique<Transformer>(config, device);
}

}  // namespace timetrial::transformer
