#include "workloads/conformer/block.h"

#include "workloads/nn/fused_attention.h"

namespace timetrial::conformer {
namespace {

/// 1 / softplus(0), so that a scale of 0 leaves queries as they are. AlgoPerf's digits.
constexpr double kInverseSoftplusOfZero = 1.442695041;

nn::LinearSpec layer(std::int64_t in, std::int64_t out,
                     ParameterType weight = ParameterType::weight,
                     ParameterType bias = ParameterType::bias) {
  return {.in = in,
          .out = out,
          .weight_init = nn::xavier_uniform(),
          .weight_type = weight,
          .bias_type = bias};
}

}  // namespace

FeedForward::FeedForward(nn::Builder& builder, const std::string& name, const Config& config)
    : norm_(builder, name + ".ln", config.width),
      linear1_(builder.linear(name + ".linear1",
                              layer(config.width, config.width * config.feed_forward_factor))),
      linear2_(builder.linear(name + ".linear2",
                              layer(config.width * config.feed_forward_factor, config.width))),
      activation_(config.activation),
      hidden_dropout_(config.feed_forward_dropout) {}

at::Tensor FeedForward::operator()(const at::Tensor& x, const Pass& pass) const {
  auto hidden = linear1_(norm_(x));
  hidden = activation_ == Activation::gelu ? nn::gelu_tanh(hidden) : at::silu(hidden);
  if (pass.options.training) hidden = nn::dropout(hidden, hidden_dropout_);
  return nn::dropout(linear2_(hidden * pass.kept) * pass.kept, pass.dropout);
}

SelfAttention::SelfAttention(nn::Builder& builder, const std::string& name, const Config& config)
    : norm_(builder, name + ".ln", config.width),
      in_(builder.linear(name + ".self_attention.in_proj",
                         layer(config.width, 3 * config.width, ParameterType::attention_qkv,
                               ParameterType::attention_bias))),
      out_(builder.linear(name + ".self_attention.out_proj",
                          layer(config.width, config.width, ParameterType::attention_out,
                                ParameterType::attention_bias))),
      query_scale_(builder.parameter(name + ".self_attention.qs.scale", ParameterType::weight,
                                     {config.width / config.heads}, nn::zeros())),
      heads_(config.heads),
      dropout_(config.attention_dropout),
      temperature_(config.attention_temperature) {}

at::Tensor SelfAttention::operator()(const at::Tensor& x, const Pass& pass) const {
  const auto parts = in_(norm_(x)).chunk(3, -1);
  const auto factor = kInverseSoftplusOfZero * at::softplus(query_scale_);
  const auto attended =
      nn::fused_attention(nn::split_heads(parts[0], heads_) * factor,
                          nn::split_heads(parts[1], heads_), nn::split_heads(parts[2], heads_),
                          pass.attention_mask, {.dropout = pass.options.training ? dropout_ : 0});
  return nn::dropout(out_(nn::merge_heads(attended) * temperature_), pass.dropout);
}

Convolution::Convolution(nn::Builder& builder, std::vector<NamedTensor>& state,
                         const std::string& name, const Config& config)
    : norm_(builder, name + ".ln", config.width),
      value_(builder.linear(name + ".lin1",
                            layer(config.width, config.width, ParameterType::conv_weight))),
      gate_(builder.linear(name + ".lin2",
                           layer(config.width, config.width, ParameterType::conv_weight))),
      kernel_(builder.parameter(name + ".conv1.weight", ParameterType::conv_weight,
                                {config.width, 1, config.kernel_size}, nn::xavier_uniform())),
      batch_norm_(builder, state, name + ".bn", "scale", config.width, config.batch_norm),
      out_(builder.linear(name + ".lin3",
                          layer(config.width, config.width, ParameterType::conv_weight))),
      activation_(config.activation) {}

at::Tensor Convolution::operator()(const at::Tensor& x, const Pass& pass) const {
  const auto normed = norm_(x);
  const auto gated = value_(normed) * gate_(normed).sigmoid() * pass.kept;
  const auto convolved = at::conv1d(gated.transpose(1, 2), kernel_, {}, 1, "same", 1,
                                    /*groups=*/kernel_.size(0))
                             .transpose(1, 2);
  const auto scaled = batch_norm_(convolved, pass.paddings, pass.options);
  const auto activated =
      activation_ == Activation::gelu ? at::gelu(scaled, "none") : at::silu(scaled);
  return nn::dropout(out_(activated), pass.dropout);
}

Block::Block(nn::Builder& builder, std::vector<NamedTensor>& state, const std::string& name,
             const Config& config)
    : before_(builder, name + ".ff1", config),
      attention_(builder, name + ".mhsa", config),
      convolution_(builder, state, name + ".conv", config),
      after_(builder, name + ".ff2", config) {
  if (config.post_layer_norm) norm_.emplace(builder, name + ".ln", config.width);
}

at::Tensor Block::operator()(at::Tensor x, const Pass& pass) const {
  x = x + 0.5 * before_(x, pass);
  x = x + attention_(x, pass);
  x = x + convolution_(x, pass);
  x = x + 0.5 * after_(x, pass);
  return norm_ ? (*norm_)(x) : x;
}

}  // namespace timetrial::conformer
