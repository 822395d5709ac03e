#include "workloads/lm/self_attention.h"

#include "workloads/nn/attention_taps.h"

#include <cmath>

namespace timetrial::lm {
namespace {

/// Turns each pair (x[2i], x[2i + 1]) of [B, heads, T, D] by its position's angle.
at::Tensor rotate(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin) {
  const at::Tensor pairs = x.unflatten(-1, {-1, 2});
  const at::Tensor even = pairs.select(-1, 0), odd = pairs.select(-1, 1);
  return at::stack({even * cos - odd * sin, odd * cos + even * sin}, -1).flatten(-2);
}

/// Unit length along the head, then epsilon on the quotient: AlgoPerf's PyTorch side adds it there
/// (its JAX side adds it to the norm).
at::Tensor unit_length(const at::Tensor& x) {
  return x / x.norm(2, {-1}, /*keepdim=*/true) + kEpsilon;
}

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& scale) {
  return at::layer_norm(x, scale.sizes(), scale, /*bias=*/{}, kEpsilon);
}

}  // namespace

RotaryTables::RotaryTables(std::int64_t length, std::int64_t head_dim, double base,
                           c10::Device device) {
  const auto float32 = at::TensorOptions(at::kFloat).device(device);
  const at::Tensor exponent = at::arange(0, head_dim, 2, float32).div(head_dim);
  const at::Tensor frequency = at::pow(base, exponent).reciprocal();
  const at::Tensor angle = at::outer(at::arange(length, float32), frequency);
  cos = angle.cos();
  sin = angle.sin();
}

SelfAttention::SelfAttention(nn::Builder& builder, const std::string& name, const Config& config)
    : heads_(config.heads),
      head_dim_(config.width / config.heads),
      options_{.scale = scaling_of(config).attention,
               .causal = true,
               .form = config.attention,
               .alpha = config.attention_alpha} {
  if (config.qk_norm) {
    const double length = static_cast<double>(config.sequence_length);
    scale_ = builder.parameter(name + ".attn_scale", ParameterType::weight, {},
                               nn::constant(std::log2(length * length - length)));
    options_.scale = 1;
  }
  if (config.qk_layer_norm) {
    const auto norm = [&](const char* which) {
      return builder.parameter(name + which, ParameterType::layer_norm_scale,
                               {config.width / config.heads}, nn::ones());
    };
    q_norm_ = norm(".q_norm.weight");
    k_norm_ = norm(".k_norm.weight");
  }
}

at::Tensor SelfAttention::operator()(const at::Tensor& qkv, const RotaryTables& tables,
                                     const std::string& block) const {
  const auto length = qkv.size(1);
  // [B, T, 3 or 4 width] -> as many of [B, heads, T, D].
  const auto parts = qkv.unflatten(-1, {-1, heads_, head_dim_}).permute({2, 0, 3, 1, 4}).unbind(0);
  at::Tensor q = parts[0], k = parts[1];
  if (q_norm_.defined()) {
    q = layer_norm(q, q_norm_);
    k = layer_norm(k, k_norm_);
  }
  const at::Tensor cos = tables.cos.narrow(0, 0, length), sin = tables.sin.narrow(0, 0, length);
  q = rotate(q, cos, sin);
  k = rotate(k, cos, sin);
  if (scale_.defined()) {
    q = unit_length(q) * scale_;
    k = unit_length(k);
  }
  nn::tap_attention(block, q, k, /*mask=*/{}, options_);
  const at::Tensor gathered = nn::attention(q, k, parts[2], options_);
  return nn::merge_heads(parts.size() > 3 ? gathered * parts[3] : gathered);
}

}  // namespace timetrial::lm
