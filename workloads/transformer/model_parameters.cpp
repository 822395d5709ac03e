// How the transformer is put together: its parameters in AlgoPerf's order, under its names.
#include "workloads/transformer/model.h"

#include <cmath>

namespace timetrial::transformer {
namespace {

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

}  // namespace

Transformer::Transformer(const Config& config, c10::Device device)
    : BuiltModel(device),
      config_(config),
      widths_{config.width, config.heads, config.mup_base_width},
      branch_scale_(nn::branch_scale(config.layers, config.depth_base)) {
  embedding_ =
      builder().embedding("shared_embedding", config.vocab_size, config.width, nn::normal(1));
  for (std::int64_t i = 0; i < config.layers; ++i) {
    const std::string in = "encoder.encoder.layers." + std::to_string(i) + ".";
    EncoderLayer layer;
    layer.name = "encoder.layers." + std::to_string(i);
    layer.self_attn = add_self_attention(in + "self_attn");
    layer.mlp = add_feed_forward(in);
    layer.norm1 = add_norm(in + "norm1");
    layer.norm2 = add_later_norm(in + "norm2");
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
    layer.norm2 = add_later_norm(in + "norm2");
    layer.norm3 = add_later_norm(in + "norm3");
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
  layer.gate = add_gate(name);
  layer.out_proj = add_projection(name + ".out_proj", config_.width, ParameterType::attention_out);
  layer.norm = add_query_key_norm(name);
  return layer;
}

CrossAttention Transformer::add_cross_attention(const std::string& name) {
  CrossAttention layer;
  layer.q_proj = add_projection(name + ".q_proj", config_.width, ParameterType::attention_q);
  layer.kv_proj = add_projection(name + ".kv_proj", 2 * config_.width, ParameterType::attention_kv);
  layer.gate = add_gate(name);
  layer.out_proj = add_projection(name + ".out_proj", config_.width, ParameterType::attention_out);
  layer.norm = add_query_key_norm(name);
  return layer;
}

FeedForward Transformer::add_feed_forward(const std::string& prefix) {
  const auto linear = [&](const std::string& part, std::int64_t in, std::int64_t out) {
    return builder().linear(prefix + part, {.in = in,
                                            .out = out,
                                            .bias = config_.biases,
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

nn::Linear Transformer::add_gate(const std::string& name) {
  if (!config_.attention_gate) return {};
  return add_projection(name + ".gate", config_.width, ParameterType::weight);
}

nn::Norm Transformer::add_norm(const std::string& name) {
  return nn::add_norm(builder(), name,
                      {.width = config_.width,
                       .centred = !config_.rms_norm,
                       .bias = config_.biases,
                       .epsilon = config_.layer_norm_epsilon});
}

nn::Norm Transformer::add_later_norm(const std::string& name) {
  return config_.parallel ? nn::Norm() : add_norm(name);
}

}  // namespace timetrial::transformer
