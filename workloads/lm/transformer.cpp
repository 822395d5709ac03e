// The model of AlgoPerf's finewebedu_lm, as facts of its commit 4c37f2aa208f:
//   x = embed(ids); per layer: x += attention(rms_norm(x)); x += mlp(rms_norm(x));
//   logits = rms_norm(x) embed^T
// No biases; the embedding is also the output matrix. The bfloat16 autocast of the original is left
// out: everything is float32.
#include <cmath>
#include <tuple>

#include "workloads/lm/lm.h"
#include "workloads/nn/builder.h"

namespace timetrial::lm {
namespace {

constexpr double kRotaryBase = 500000;
constexpr double kInitStd = 0.02;

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& scale) {
  return at::rms_norm(x, scale.sizes(), scale, kEpsilon);
}

/// cos and sin of position * base^(-2i / head_dim), each [T, head_dim / 2].
std::pair<at::Tensor, at::Tensor> rotary_tables(std::int64_t length, std::int64_t head_dim,
                                                c10::Device device) {
  const auto float32 = at::TensorOptions(at::kFloat).device(device);
  const at::Tensor exponent = at::arange(0, head_dim, 2, float32).div(head_dim);
  const at::Tensor frequency = at::pow(kRotaryBase, exponent).reciprocal();
  const at::Tensor angle = at::outer(at::arange(length, float32), frequency);
  return {angle.cos(), angle.sin()};
}

/// Turns each pair (x[2i], x[2i + 1]) of [B, heads, T, head_dim] by its position's angle.
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

/// The tensors of one layer: the same as in Model's list, by role.
struct Layer {
  at::Tensor attn_norm, mlp_norm;
  at::Tensor attn_scale;  ///< undefined without query-key normalisation
  nn::Linear w_qkv, w_out, fc1, fc2;
};

class Transformer final : public nn::BuiltModel {
 public:
  Transformer(const Config& config, c10::Device device) : BuiltModel(device), config_(config) {
    const auto width = config.width, hidden = hidden_units(config);
    const double length = static_cast<double>(config.sequence_length);
    const auto plain = nn::normal(kInitStd);
    const auto residual =
        nn::normal(kInitStd / std::sqrt(2.0 * static_cast<double>(config.layers)));
    const auto scale = nn::constant(std::log2(length * length - length));
    using Type = ParameterType;
    nn::Builder& add = builder();
    embedding_ = add.embedding("embed_tokens", config.vocab_size, width, plain);
    for (std::int64_t i = 0; i < config.layers; ++i) {
      const std::string in = "layers." + std::to_string(i) + ".";
      Layer layer;
      if (config.qk_norm) {
        layer.attn_scale = add.parameter(in + "attn.attn_scale", Type::weight, {}, scale);
      }
      layer.w_qkv =
          add.linear(in + "attn.w_qkv", linear(width, 3 * width, plain, Type::attention_qkv));
      layer.w_out =
          add.linear(in + "attn.w_out", linear(width, width, residual, Type::attention_out));
      layer.attn_norm = norm(in + "attn_norm");
      layer.fc1 = add.linear(in + "mlp.fc1", linear(width, 2 * hidden, plain, Type::weight));
      layer.fc2 = add.linear(in + "mlp.fc2", linear(hidden, width, residual, Type::weight));
      layer.mlp_norm = norm(in + "mlp_norm");
      layers_.push_back(std::move(layer));
    }
    out_norm_ = norm("out_norm");
    std::tie(cos_, sin_) = rotary_tables(config.sequence_length, width / config.heads, device);
  }

  ModelOutput forward(const Batch& batch, const ForwardOptions&) override {
    const at::Tensor ids = batch.inputs();
    if (ids.dim() != 2 || ids.size(1) > config_.sequence_length) {
      throw std::invalid_argument("language model: inputs must be [B, T] with T <= " +
                                  std::to_string(config_.sequence_length));
    }
    at::Tensor x = embedding_(ids);
    for (const Layer& layer : layers_) {
      x = x + attention(rms_norm(x, layer.attn_norm), layer);
      x = x + layer.fc2(gated(layer.fc1(rms_norm(x, layer.mlp_norm))));
    }
    return {at::linear(rms_norm(x, out_norm_), embedding_.weight), {}};
  }

 private:
  static nn::LinearSpec linear(std::int64_t in, std::int64_t out, const nn::Initializer& init,
                               ParameterType type) {
    return {.in = in, .out = out, .bias = false, .weight_init = init, .weight_type = type};
  }

  at::Tensor norm(const std::string& name) {
    return builder().parameter(name + ".weight", ParameterType::layer_norm_scale, {config_.width},
                               nn::ones());
  }

  /// [..., 2 H] -> [..., H].
  at::Tensor gated(const at::Tensor& x) const {
    if (config_.gate == Gate::sigmoid) return at::glu(x, -1);
    const auto halves = x.chunk(2, -1);
    return halves[0] * at::silu(halves[1]);
  }

  at::Tensor attention(const at::Tensor& x, const Layer& layer) const {
    const auto length = x.size(1), head_dim = config_.width / config_.heads;
    // [B, T, 3 width] -> three of [B, heads, T, head_dim].
    const auto qkv = layer.w_qkv(x)
                         .unflatten(-1, {3, config_.heads, head_dim})
                         .permute({2, 0, 3, 1, 4})
                         .unbind(0);
    const at::Tensor cos = cos_.narrow(0, 0, length), sin = sin_.narrow(0, 0, length);
    at::Tensor q = rotate(qkv[0], cos, sin), k = rotate(qkv[1], cos, sin);
    double scale = 1 / std::sqrt(static_cast<double>(head_dim));
    if (layer.attn_scale.defined()) {
      q = unit_length(q) * layer.attn_scale;
      k = unit_length(k);
      scale = 1;
    }
    return layer.w_out(
        nn::merge_heads(nn::attention(q, k, qkv[2], {.scale = scale, .causal = true})));
  }

  Config config_;
  nn::Embedding embedding_;
  at::Tensor out_norm_;
  std::vector<Layer> layers_;
  at::Tensor cos_, sin_;  // [sequence_length, head_dim / 2]
};

}  // namespace

std::unique_ptr<workloads::Model> make_transformer(const Config& config, c10::Device device) {
  validate(config);
  return std::make_unique<Transformer>(config, device);
}

}  // namespace timetrial::lm
