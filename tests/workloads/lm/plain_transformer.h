#pragma once
// The language model once more, in double precision and without haste, with all of its switches.

#include "workloads/lm/config.h"
#include "workloads/workload.h"

#include <ATen/ATen.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace timetrial::lm {

class PlainTransformer {
 public:
  PlainTransformer(const workloads::Model& model, const Config& config) : config_(config) {
    for (const Parameter& p : model.parameters()) parameters_[p.name] = p.tensor.to(at::kDouble);
  }

  /// ids [B, T].
  at::Tensor logits(const at::Tensor& ids) const {
    at::Tensor x = of("embed_tokens.weight").index({ids}) * config_.embedding_scale;
    for (std::int64_t i = 0; i < config_.layers; ++i) {
      x = layer(x, "layers." + std::to_string(i) + ".");
    }
    x = norm(x, "out_norm");
    if (config_.mup_base_width != 0) x = x * as_double(config_.mup_base_width) / width();
    return config_.tied ? x.matmul(of("embed_tokens.weight").t()) : linear(x, "lm_head");
  }

 private:
  static double as_double(std::int64_t value) { return static_cast<double>(value); }
  double width() const { return as_double(config_.width); }
  const at::Tensor& of(const std::string& name) const { return parameters_.at(name); }

  at::Tensor linear(const at::Tensor& x, const std::string& name) const {
    const at::Tensor y = x.matmul(of(name + ".weight").t());
    return config_.biases ? y + of(name + ".bias") : y;
  }

  at::Tensor norm(const at::Tensor& x, const std::string& name) const {
    if (config_.norm == Norm::rms) {
      return x / at::sqrt(x.square().mean(-1, true) + kEpsilon) * of(name + ".weight");
    }
    const at::Tensor y = standardized(x) * of(name + ".weight");
    return config_.biases ? y + of(name + ".bias") : y;
  }

  static at::Tensor standardized(const at::Tensor& x) {
    const at::Tensor centred = x - x.mean(-1, true);
    return centred / at::sqrt(centred.square().mean(-1, true) + kEpsilon);
  }

  at::Tensor layer(const at::Tensor& x, const std::string& in) const {
    const double branch =
        config_.depth_base == 0
            ? 1
            : std::sqrt(as_double(config_.depth_base) / as_double(config_.layers));
    const auto split = attention_inputs(config_);
    if (!config_.parallel) {
      const at::Tensor qkv = linear(norm(x, in + "attn_norm"), in + "attn.w_qkv");
      const at::Tensor y = x + linear(attended(qkv, in + "attn."), in + "attn.w_out") * branch;
      const at::Tensor hidden = linear(norm(y, in + "mlp_norm"), in + "mlp.fc1");
      return y + linear(activated(hidden), in + "mlp.fc2") * branch;
    }
    const at::Tensor both = linear(norm(x, in + "norm"), in + "in");
    const at::Tensor qkv = both.narrow(2, 0, split);
    const at::Tensor hidden = activated(both.narrow(2, split, both.size(2) - split));
    return x + linear(at::cat({attended(qkv, in + "attn."), hidden}, 2), in + "out") * branch;
  }

  at::Tensor activated(const at::Tensor& x) const {
    if (config_.gate == Gate::none) {
      return 0.5 * x * (1 + at::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    }
    const auto half = x.size(2) / 2;
    const at::Tensor a = x.narrow(2, 0, half), b = x.narrow(2, half, half);
    return a * (config_.gate == Gate::silu ? b / (1 + at::exp(-b)) : at::sigmoid(b));
  }

  /// Head by head; qkv [B, T, 3 or 4 width].
  at::Tensor attended(const at::Tensor& qkv, const std::string& in) const {
    const auto size = config_.width / config_.heads;
    const at::Tensor future = at::ones({qkv.size(1), qkv.size(1)}, at::kBool).triu(1);
    std::vector<at::Tensor> heads;
    for (std::int64_t head = 0; head < config_.heads; ++head) {
      const auto part = [&](std::int64_t which) {
        return qkv.narrow(2, which * config_.width + head * size, size);
      };
      at::Tensor q = part(0), k = part(1);
      if (config_.qk_layer_norm) {
        q = standardized(q) * of(in + "q_norm.weight");
        k = standardized(k) * of(in + "k_norm.weight");
      }
      const double scale =
          config_.mup_base_width == 0
              ? 1 / std::sqrt(as_double(size))
              : std::sqrt(as_double(config_.mup_base_width / config_.heads)) / as_double(size);
      const at::Tensor scores = turned(q).matmul(turned(k).transpose(1, 2)) * scale;
      const at::Tensor gathered = weights(scores, future).matmul(part(2));
      heads.push_back(config_.attention_gate ? gathered * part(3) : gathered);
    }
    return at::cat(heads, 2);
  }

  /// Softmax, or relu over the number of visible keys to the power of alpha.
  at::Tensor weights(const at::Tensor& scores, const at::Tensor& future) const {
    if (config_.attention == nn::AttentionForm::softmax) {
      return scores.masked_fill(future, -INFINITY).softmax(-1);
    }
    const at::Tensor visible = at::arange(1, scores.size(-1) + 1, scores.options()).unsqueeze(1);
    return scores.relu().masked_fill(future, 0) / visible.pow(config_.attention_alpha);
  }

  /// [B, T, D], each pair by its angle.
  at::Tensor turned(const at::Tensor& x) const {
    at::Tensor out = x.clone();
    for (std::int64_t t = 0; t < x.size(1); ++t) {
      for (std::int64_t pair = 0; pair < x.size(2) / 2; ++pair) {
        const double angle = as_double(t) / std::pow(config_.rotary_base,
                                                     2 * as_double(pair) / as_double(x.size(2)));
        const at::Tensor a = x.select(1, t).select(1, 2 * pair);
        const at::Tensor b = x.select(1, t).select(1, 2 * pair + 1);
        out.select(1, t).select(1, 2 * pair).copy_(a * std::cos(angle) - b * std::sin(angle));
        out.select(1, t).select(1, 2 * pair + 1).copy_(b * std::cos(angle) + a * std::sin(angle));
      }
    }
    return out;
  }

  Config config_;
  std::map<std::string, at::Tensor> parameters_;
};

}  // namespace timetrial::lm
