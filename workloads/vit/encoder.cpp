#include "workloads/vit/encoder.h"

namespace timetrial::vit {
namespace {

constexpr double kBiasStd = 1e-6;

nn::LinearSpec mlp_layer(std::int64_t in, std::int64_t out) {
  return {
      .in = in, .out = out, .weight_init = nn::xavier_uniform(), .bias_init = nn::normal(kBiasStd)};
}

nn::LinearSpec attention_layer(std::int64_t width, ParameterType type) {
  return {.in = width,
          .out = width,
          .weight_init = nn::xavier_uniform(),
          .weight_type = type,
          .bias_type = ParameterType::attention_bias};
}

}  // namespace

Mlp::Mlp(nn::Builder& builder, const std::string& name, const Config& config, bool glu) {
  const std::int64_t width = config.width, hidden = config.mlp_dim;
  linear1_ = builder.linear(name + ".linear1", mlp_layer(width, hidden));
  if (glu) gate_ = builder.linear(name + ".glu_linear", mlp_layer(hidden, hidden));
  linear2_ = builder.linear(name + ".linear2", mlp_layer(hidden, width));
}

at::Tensor Mlp::operator()(const at::Tensor& x, double dropout) const {
  at::Tensor hidden = nn::gelu_tanh(linear1_(x));
  if (gate_.weight.defined()) hidden = hidden * gate_(hidden);
  return linear2_(nn::dropout(hidden, dropout));
}

SelfAttention::SelfAttention(nn::Builder& builder, const std::string& name, const Config& config)
    : query_(builder.linear(name + ".query",
                            attention_layer(config.width, ParameterType::attention_q))),
      key_(
          builder.linear(name + ".key", attention_layer(config.width, ParameterType::attention_k))),
      value_(builder.linear(name + ".value",
                            attention_layer(config.width, ParameterType::attention_v))),
      out_(builder.linear(name + ".out",
                          attention_layer(config.width, ParameterType::attention_out))),
      heads_(config.heads) {}

at::Tensor SelfAttention::operator()(const at::Tensor& x, double dropout) const {
  const auto heads = [&](const nn::Linear& layer) { return nn::split_heads(layer(x), heads_); };
  return out_(nn::merge_heads(
      nn::attention(heads(query_), heads(key_), heads(value_), {.dropout = dropout})));
}

EncoderBlock::EncoderBlock(nn::Builder& builder, const std::string& name, const Config& config)
    : post_ln_(config.post_ln),
      norm1_(builder.layer_norm(name + ".layer_norm0", config.width)),
      attention_(builder, name + ".self_attention1", config),
      norm2_(builder.layer_norm(name + ".layer_norm2", config.width)),
      mlp_(builder, name + ".mlp3", config, config.glu) {}

at::Tensor EncoderBlock::operator()(at::Tensor x, double dropout) const {
  if (post_ln_) {
    x = norm1_(x + nn::dropout(attention_(x, dropout), dropout));
    return norm2_(x + nn::dropout(mlp_(x, dropout), dropout));
  }
  x = x + nn::dropout(attention_(norm1_(x), dropout), dropout);
  return x + nn::dropout(mlp_(norm2_(x), dropout), dropout);
}

PoolingHead::PoolingHead(nn::Builder& builder, const std::string& name, const Config& config)
    : heads_(config.heads),
      probe_(builder.parameter(name + ".probe", ParameterType::weight, {1, 1, config.width},
                               nn::xavier_uniform())),
      query_(builder.linear(name + ".mha.q_proj", mlp_layer(config.width, config.width))),
      key_value_(builder.linear(name + ".mha.kv_proj", mlp_layer(config.width, 2 * config.width))),
      out_(builder.linear(name + ".mha.out_proj", mlp_layer(config.width, config.width))),
      norm_(builder.layer_norm(name + ".layer_norm", config.width)),
      mlp_(builder, name + ".mlp", config, /*glu=*/false) {}

at::Tensor PoolingHead::operator()(const at::Tensor& x, double dropout) const {
  const auto query = query_(probe_).expand({x.size(0), 1, x.size(2)});
  const auto key_value = key_value_(x).chunk(2, -1);
  const auto heads = [&](const at::Tensor& t) { return nn::split_heads(t, heads_); };
  const auto pooled = out_(nn::merge_heads(
      nn::attention(heads(query), heads(key_value[0]), heads(key_value[1]), {.dropout = dropout})));
  return (pooled + mlp_(norm_(pooled), dropout)).select(1, 0);
}

}  // namespace timetrial::vit
