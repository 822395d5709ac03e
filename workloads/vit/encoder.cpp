#include "workloads/vit/encoder.h"

#include "workloads/nn/attention_taps.h"
#include "workloads/nn/taps.h"

#include <cmath>
#include <utility>

namespace timetrial::vit {
namespace {

constexpr double kBiasStd = 1e-6, kEpsilon = 1e-6;

nn::LinearSpec mlp_layer(const Config& config, std::int64_t in, std::int64_t out) {
  return {.in = in,
          .out = out,
          .bias = config.biases,
          .weight_init = nn::xavier_uniform(),
          .bias_init = nn::normal(kBiasStd)};
}

nn::LinearSpec attention_layer(const Config& config, ParameterType type, bool bias) {
  return {.in = config.width,
          .out = config.width,
          .bias = bias && config.biases,
          .weight_init = nn::xavier_uniform(),
          .weight_type = type,
          .bias_type = ParameterType::attention_bias};
}

/// Over the last dimension, by its own mean and variance; no bias.
at::Tensor normed(const at::Tensor& x, const at::Tensor& scale) {
  return scale.defined() ? at::layer_norm(x, scale.sizes(), scale, {}, kEpsilon) : x;
}

/// All layers of one input in one product: what each of them gives.
std::vector<at::Tensor> side_by_side(const at::Tensor& x,
                                     const std::vector<const nn::Linear*>& layers) {
  std::vector<at::Tensor> weights, biases;
  std::vector<std::int64_t> sizes;
  bool any_bias = false;
  for (const nn::Linear* layer : layers) {
    const std::int64_t size = layer->weight.size(0);
    weights.push_back(layer->weight);
    biases.push_back(layer->bias.defined() ? layer->bias
                                           : at::zeros({size}, layer->weight.options()));
    sizes.push_back(size);
    any_bias = any_bias || layer->bias.defined();
  }
  const at::Tensor bias = any_bias ? at::cat(biases) : at::Tensor();
  return at::linear(x, at::cat(weights), bias).split_with_sizes(sizes, /*dim=*/-1);
}

/// The pooling head's query starts as a matrix of one row. In muParam it does not fall with the
/// width, along which alone it grows.
nn::Initializer probe_values(const Config& config) {
  if (config.mup_base_width == 0) return nn::xavier_uniform();
  return nn::uniform(std::sqrt(3 / static_cast<double>(config.mup_base_width)));
}

}  // namespace

nn::Norm add_norm(nn::Builder& builder, const std::string& name, const Config& config) {
  return nn::add_norm(builder, name,
                      {.width = config.width,
                       .centred = !config.rms_norm,
                       .bias = config.biases,
                       .epsilon = kEpsilon});
}

nn::Widths widths_of(const Config& config) {
  return {config.width, config.heads, config.mup_base_width};
}

Mlp::Mlp(nn::Builder& builder, const std::string& name, const Config& config, bool glu) {
  const std::int64_t width = config.width, hidden = config.mlp_dim;
  linear1_ = builder.linear(name + ".linear1", mlp_layer(config, width, hidden));
  if (glu) gate_ = builder.linear(name + ".glu_linear", mlp_layer(config, hidden, hidden));
  linear2_ = builder.linear(name + ".linear2", mlp_layer(config, hidden, width));
}

at::Tensor Mlp::operator()(const at::Tensor& x, double dropout) const {
  return linear2_(between(linear1_(x), dropout));
}

at::Tensor Mlp::between(const at::Tensor& hidden, double dropout) const {
  at::Tensor active = nn::gelu_tanh(hidden);
  if (gate_.weight.defined()) active = active * gate_(active);
  return nn::dropout(active, dropout);
}

SelfAttention::SelfAttention(nn::Builder& builder, const std::string& block, const Config& config)
    : block_(block),
      heads_(config.heads),
      options_{.scale = nn::attention_scale(widths_of(config)),
               .form = config.attention,
               .alpha = config.attention_alpha} {
  using Type = ParameterType;
  const std::string name = block + ".self_attention1";
  const auto layer = [&](const char* part, Type type, bool bias) {
    return builder.linear(name + part, attention_layer(config, type, bias));
  };
  query_ = layer(".query", Type::attention_q, config.qkv_bias);
  key_ = layer(".key", Type::attention_k, config.qkv_bias);
  value_ = layer(".value", Type::attention_v, config.qkv_bias);
  if (config.gated_attention) gate_ = layer(".gate", Type::weight, false);
  out_ = layer(".out", Type::attention_out, true);
  if (config.qk_norm) {
    const auto scale = [&](const char* part) {
      return builder.parameter(name + part, Type::layer_norm_scale, {config.width / heads_},
                               nn::ones());
    };
    query_norm_ = scale(".query_norm.weight");
    key_norm_ = scale(".key_norm.weight");
  }
}

std::vector<const nn::Linear*> SelfAttention::inputs() const {
  std::vector<const nn::Linear*> layers = {&query_, &key_, &value_};
  if (gate_.weight.defined()) layers.push_back(&gate_);
  return layers;
}

at::Tensor SelfAttention::attend(const std::vector<at::Tensor>& inputs, double dropout) const {
  const at::Tensor query = normed(nn::split_heads(inputs[0], heads_), query_norm_);
  const at::Tensor key = normed(nn::split_heads(inputs[1], heads_), key_norm_);
  nn::AttentionOptions options = options_;
  options.dropout = dropout;
  nn::tap_attention(block_, query, key, /*mask=*/{}, options);
  const at::Tensor attended =
      nn::merge_heads(nn::attention(query, key, nn::split_heads(inputs[2], heads_), options));
  return gate_.weight.defined() ? attended * inputs[3] : attended;
}

at::Tensor SelfAttention::operator()(const at::Tensor& x, double dropout) const {
  std::vector<at::Tensor> given;
  for (const nn::Linear* layer : inputs()) given.push_back((*layer)(x));
  return out_(attend(given, dropout));
}

EncoderBlock::EncoderBlock(nn::Builder& builder, const std::string& name, const Config& config)
    : name_(name),
      post_ln_(config.post_ln),
      parallel_(config.parallel),
      branch_scale_(nn::branch_scale(config.depth, config.depth_base)),
      norm1_(add_norm(builder, name + ".layer_norm0", config)),
      attention_(builder, name, config),
      norm2_(parallel_ ? nn::Norm() : add_norm(builder, name + ".layer_norm2", config)),
      mlp_(builder, name + ".mlp3", config, config.glu) {}

at::Tensor EncoderBlock::operator()(const at::Tensor& x, double dropout) const {
  const at::Tensor result = parallel_ ? in_parallel(x, dropout) : in_turn(x, dropout);
  nn::tap_rms(name_ + ".output_rms", result);
  return result;
}

at::Tensor EncoderBlock::attention_branch(const at::Tensor& x, double dropout) const {
  const at::Tensor branch = nn::times(attention_(x, dropout), branch_scale_);
  nn::tap_rms(name_ + ".attention_branch_rms", branch);
  return nn::dropout(branch, dropout);
}

at::Tensor EncoderBlock::mlp_branch(const at::Tensor& x, double dropout) const {
  return nn::dropout(nn::times(mlp_(x, dropout), branch_scale_), dropout);
}

at::Tensor EncoderBlock::in_turn(at::Tensor x, double dropout) const {
  if (post_ln_) {
    x = norm1_(x + attention_branch(x, dropout));
    return norm2_(x + mlp_branch(x, dropout));
  }
  x = x + attention_branch(norm1_(x), dropout);
  return x + mlp_branch(norm2_(x), dropout);
}

at::Tensor EncoderBlock::in_parallel(const at::Tensor& x, double dropout) const {
  auto layers = attention_.inputs();
  layers.push_back(&mlp_.first());
  std::vector<at::Tensor> given = side_by_side(norm1_(x), layers);
  const at::Tensor hidden = mlp_.between(given.back(), dropout);
  given.pop_back();
  const at::Tensor attended = attention_.attend(given, dropout);
  const nn::Linear &out = attention_.out(), &last = mlp_.last();
  if (nn::tapping()) {
    nn::tap_rms(name_ + ".attention_branch_rms", nn::times(out(attended), branch_scale_));
  }
  const at::Tensor bias = out.bias.defined() ? out.bias + last.bias : at::Tensor();
  const at::Tensor both =
      at::linear(at::cat({attended, hidden}, -1), at::cat({out.weight, last.weight}, 1), bias);
  return x + nn::dropout(nn::times(both, branch_scale_), dropout);
}

PoolingHead::PoolingHead(nn::Builder& builder, const std::string& name, const Config& config)
    : heads_(config.heads),
      attention_scale_(nn::attention_scale(widths_of(config))),
      probe_(builder.parameter(name + ".probe", ParameterType::weight, {1, 1, config.width},
                               probe_values(config))),
      query_(builder.linear(name + ".mha.q_proj", mlp_layer(config, config.width, config.width))),
      key_value_(
          builder.linear(name + ".mha.kv_proj", mlp_layer(config, config.width, 2 * config.width))),
      out_(builder.linear(name + ".mha.out_proj", mlp_layer(config, config.width, config.width))),
      norm_(add_norm(builder, name + ".layer_norm", config)),
      mlp_(builder, name + ".mlp", config, /*glu=*/false) {}

at::Tensor PoolingHead::operator()(const at::Tensor& x, double dropout) const {
  const auto query = query_(probe_).expand({x.size(0), 1, x.size(2)});
  const auto key_value = key_value_(x).chunk(2, -1);
  const auto heads = [&](const at::Tensor& t) { return nn::split_heads(t, heads_); };
  const auto pooled =
      out_(nn::merge_heads(nn::attention(heads(query), heads(key_value[0]), heads(key_value[1]),
                                         {.scale = attention_scale_, .dropout = dropout})));
  return (pooled + mlp_(norm_(pooled), dropout)).select(1, 0);
}

}  // namespace timetrial::vit
