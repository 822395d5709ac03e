// The transformer as in AlgoPerf's wmt, as facts of its commit 2c90454fc05d:
//   encoder: x = E[source] + positions; per layer: x += SA(LN x); x += FF(LN x); LN at the end
//   decoder: the same with x += CA(LN x, encoder output) between, from targets shifted right
//   logits = x E^T / sqrt(d)
// E is not multiplied by sqrt(d) on the way in. In packed rows the first token of a later sentence
// sees the last one of the sentence before as its input; only attention keeps sentences apart.
#include "workloads/transformer/model.h"

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

/// bool [B, L, M] -> what is added to the scores, [B, 1, L, M].
at::Tensor additive(const at::Tensor& allowed) {
  return at::zeros(allowed.sizes(), allowed.options().dtype(at::kFloat))
      .masked_fill_(allowed.logical_not(), kMasked)
      .unsqueeze(1);
}

at::Tensor optional(const Batch& batch, const std::string& name) {
  return batch.contains(name) ? batch.at(name) : at::Tensor();
}

void require_ids(const at::Tensor& ids, const char* name) {
  if (ids.dim() != 2 || ids.size(1) < 1 || ids.size(1) > kMaxLength) {
    throw std::invalid_argument(std::string("transformer: ") + name +
                                " must be [B, L] with L from 1 to " + std::to_string(kMaxLength));
  }
}

}  // namespace

Transformer::Transformer(const Config& config, c10::Device device)
    : BuiltModel(device), config_(config) {
  embedding_ =
      builder().embedding("shared_embedding", config.vocab_size, config.width, nn::normal(1));
  for (std::int64_t i = 0; i < config.layers; ++i) {
    const std::string in = "encoder.encoder.layers." + std::to_string(i) + ".";
    EncoderLayer layer;
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
  return layer;
}

CrossAttention Transformer::add_cross_attention(const std::string& name) {
  CrossAttention layer;
  layer.q_proj = add_projection(name + ".q_proj", config_.width, ParameterType::attention_q);
  layer.kv_proj = add_projection(name + ".kv_proj", 2 * config_.width, ParameterType::attention_kv);
  layer.out_proj = add_projection(name + ".out_proj", config_.width, ParameterType::attention_out);
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

nn::LayerNorm Transformer::add_norm(const std::string& name) {
  return builder().layer_norm(name, config_.width, config_.layer_norm_epsilon);
}

template <typename Branch>
at::Tensor Transformer::residual(const at::Tensor& x, const nn::LayerNorm& norm,
                                 const Branch& branch) const {
  return config_.post_ln ? norm(x + branch(x)) : x + branch(norm(x));
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

at::Tensor Transformer::attend(const at::Tensor& query, const at::Tensor& keys,
                               const at::Tensor& values, const at::Tensor& mask,
                               double dropout) const {
  const at::Tensor q = split(query);
  const double scale = config_.attention_temperature / std::sqrt(static_cast<double>(q.size(-1)));
  at::Tensor scores = at::matmul(q * scale, keys.transpose(-2, -1));
  if (mask.defined()) scores = scores + mask;
  const at::Tensor probabilities = nn::dropout(at::softmax(scores, -1), dropout);
  return nn::merge_heads(at::matmul(probabilities, values));
}

at::Tensor Transformer::self_attention(const at::Tensor& x, const SelfAttention& layer,
                                       const at::Tensor& mask, double dropout) const {
  const auto qkv = layer.in_proj(x).split(config_.width, -1);
  const at::Tensor attended = attend(qkv[0], split(qkv[1]), split(qkv[2]), mask, dropout);
  return nn::dropout(layer.out_proj(attended), dropout);
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
  const at::Tensor mask = additive(allowed);
  at::Tensor x = embed(inputs, positions, dropout);
  for (const EncoderLayer& layer : encoder_) {
    x = residual(x, layer.norm1, [&](const at::Tensor& in) {
      return self_attention(in, layer.self_attn, mask, dropout);
    });
    x = residual(x, layer.norm2,
                 [&](const at::Tensor& in) { return feed_forward(in, layer.mlp, dropout); });
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
  return {decode(batch, memory, dropout), {}};
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
  const at::Tensor mask = additive(seen), memory_mask = additive(memory_seen);

  const at::Tensor shifted = at::constant_pad_nd(targets, {1, 0}).narrow(1, 0, targets.size(1));
  at::Tensor x = embed(shifted, optional(batch, "targets_position"), dropout);
  for (const DecoderLayer& layer : decoder_) {
    x = residual(x, layer.norm1, [&](const at::Tensor& in) {
      return self_attention(in, layer.self_attn, mask, dropout);
    });
    x = residual(x, layer.norm2, [&](const at::Tensor& in) {
      const CrossAttention& cross = layer.multihead_attn;
      const auto kv = cross.kv_proj(memory).split(config_.width, -1);
      const at::Tensor attended =
          attend(cross.q_proj(in), split(kv[0]), split(kv[1]), memory_mask, dropout);
      return nn::dropout(cross.out_proj(attended), dropout);
    });
    x = residual(x, layer.norm3,
                 [&](const at::Tensor& in) { return feed_forward(in, layer.mlp, dropout); });
  }
  return output(x);
}

// --- one token at a time

Decoding Transformer::start(const at::Tensor& inputs, std::int64_t beams,
                            std::int64_t max_length) const {
  require_ids(inputs, "inputs");
  if (beams < 1 || max_length < 1 || max_length > kMaxLength) {
    throw std::invalid_argument("transformer: decoding needs at least one beam and 1 to " +
                                std::to_string(kMaxLength) + " tokens");
  }
  Decoding decoding;
  decoding.beams = beams;
  // Any query, also of padding: only the source has a say.
  decoding.memory_mask = additive(inputs.gt(0).unsqueeze(1));
  const at::Tensor memory = encode(inputs, {}, {}, 0);
  const std::int64_t head_dim = config_.width / config_.heads;
  for (const DecoderLayer& layer : decoder_) {
    const auto kv = layer.multihead_attn.kv_proj(memory).split(config_.width, -1);
    decoding.memory_keys.push_back(split(kv[0]));
    decoding.memory_values.push_back(split(kv[1]));
    const auto cache = [&] {
      return at::zeros({inputs.size(0) * beams, config_.heads, max_length, head_dim},
                       memory.options());
    };
    decoding.keys.push_back(cache());
    decoding.values.push_back(cache());
  }
  return decoding;
}

void Decoding::keep(const at::Tensor& rows) {
  for (auto* cache : {&keys, &values}) {
    for (const at::Tensor& layer : *cache) {
      const at::Tensor used = layer.narrow(2, 0, position);
      used.copy_(used.index_select(0, rows));
    }
  }
}

at::Tensor Transformer::step_self_attention(const at::Tensor& x, const SelfAttention& layer,
                                            Decoding& decoding, std::size_t index) const {
  const auto qkv = layer.in_proj(x).split(config_.width, -1);
  const at::Tensor &keys = decoding.keys[index], &values = decoding.values[index];
  keys.narrow(2, decoding.position, 1).copy_(split(qkv[1]));
  values.narrow(2, decoding.position, 1).copy_(split(qkv[2]));
  const std::int64_t seen = decoding.position + 1;
  return layer.out_proj(attend(qkv[0], keys.narrow(2, 0, seen), values.narrow(2, 0, seen), {}, 0));
}

at::Tensor Transformer::step_cross_attention(const at::Tensor& x, const CrossAttention& layer,
                                             const Decoding& decoding, std::size_t index) const {
  // The beams of a sentence are as many queries to one set of keys: [R, 1, d] -> [B, beams, d].
  const at::Tensor query = layer.q_proj(x).view({-1, decoding.beams, config_.width});
  const at::Tensor attended = attend(query, decoding.memory_keys[index],
                                     decoding.memory_values[index], decoding.memory_mask, 0);
  return layer.out_proj(attended).view({-1, 1, config_.width});
}

at::Tensor Transformer::step(Decoding& decoding, const at::Tensor& tokens) const {
  if (decoding.position >= decoding.keys.front().size(2)) {
    throw std::invalid_argument("transformer: decoding is at its max_length");
  }
  at::Tensor x =
      embed(tokens.unsqueeze(1), at::full_like(tokens, decoding.position).unsqueeze(1), 0);
  for (std::size_t i = 0; i < decoder_.size(); ++i) {
    const DecoderLayer& layer = decoder_[i];
    x = residual(x, layer.norm1, [&](const at::Tensor& in) {
      return step_self_attention(in, layer.self_attn, decoding, i);
    });
    x = residual(x, layer.norm2, [&](const at::Tensor& in) {
      return step_cross_attention(in, layer.multihead_attn, decoding, i);
    });
    x = residual(x, layer.norm3,
                 [&](const at::Tensor& in) { return feed_forward(in, layer.mlp, 0); });
  }
  ++decoding.position;
  return output(x).squeeze(1);
}

std::unique_ptr<Transformer> make_model(const Config& config, c10::Device device) {
  validate(config);
  return std::make_unique<Transformer>(config, device);
}

}  // namespace timetrial::transformer
