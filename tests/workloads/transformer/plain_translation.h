#pragma once
// The translation model once more, in double precision and without haste, with all of its switches,
// for batches that are not packed.

#include "workloads/transformer/transformer.h"

#include <ATen/ATen.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace timetrial::transformer {

class PlainTranslation {
 public:
  PlainTranslation(const workloads::Model& model, const Config& config) : config_(config) {
    for (const Parameter& p : model.parameters()) {
      parameters_[p.name] = p.tensor.detach().to(at::kDouble);
    }
  }

  /// inputs [B, S], targets [B, T]; 0 is padding.
  at::Tensor logits(const at::Tensor& inputs, const at::Tensor& targets) const {
    const at::Tensor source = inputs.gt(0), target = targets.gt(0);
    const at::Tensor memory = encoded(inputs, source);
    const at::Tensor first = at::zeros({targets.size(0), 1}, at::kLong);
    at::Tensor x = embedded(at::cat({first, targets.narrow(1, 0, targets.size(1) - 1)}, 1));
    const at::Tensor seen = pairs(target, target).tril(), memory_seen = pairs(target, source);
    for (std::int64_t i = 0; i < config_.layers; ++i) {
      const std::string in = "decoder.decoder.layers." + std::to_string(i) + ".";
      x = layer(x, in, {"self_attn", "multihead_attn"}, {seen, memory_seen}, {{}, memory});
    }
    if (!config_.post_ln) x = norm(x, "decoder.decoder.norm");
    const at::Tensor y = x.matmul(of("shared_embedding.weight").t());
    return config_.mup_base_width == 0
               ? y / std::sqrt(width())
               : y * std::sqrt(static_cast<double>(config_.mup_base_width)) / width();
  }

 private:
  double width() const { return static_cast<double>(config_.width); }
  bool has(const std::string& name) const { return parameters_.contains(name); }
  const at::Tensor& of(const std::string& name) const { return parameters_.at(name); }
  static at::Tensor pairs(const at::Tensor& queries, const at::Tensor& keys) {
    return queries.unsqueeze(2).logical_and(keys.unsqueeze(1));
  }

  at::Tensor linear(const at::Tensor& x, const std::string& name) const {
    const at::Tensor y = x.matmul(of(name + ".weight").t());
    return has(name + ".bias") ? y + of(name + ".bias") : y;
  }

  at::Tensor divided(const at::Tensor& x) const {
    return x / (x.square().mean(-1, true) + config_.layer_norm_epsilon).sqrt();
  }

  at::Tensor norm(const at::Tensor& x, const std::string& name) const {
    const at::Tensor y =
        divided(config_.rms_norm ? x : x - x.mean(-1, true)) * of(name + ".weight");
    return has(name + ".bias") ? y + of(name + ".bias") : y;
  }

  at::Tensor embedded(const at::Tensor& ids) const {
    const std::int64_t half = config_.width / 2;
    const at::Tensor rows = at::empty({ids.size(1), config_.width}, at::kDouble);
    for (std::int64_t t = 0; t < ids.size(1); ++t) {
      for (std::int64_t i = 0; i < half; ++i) {
        const double angle =
            static_cast<double>(t) /
            std::pow(10000.0, static_cast<double>(i) / static_cast<double>(half - 1));
        rows[t][i] = std::sin(angle);
        rows[t][half + i] = std::cos(angle);
      }
    }
    return of("shared_embedding.weight").index({ids}) * config_.embedding_scale + rows;
  }

  at::Tensor encoded(const at::Tensor& inputs, const at::Tensor& valid) const {
    at::Tensor x = embedded(inputs);
    for (std::int64_t i = 0; i < config_.layers; ++i) {
      const std::string in = "encoder.encoder.layers." + std::to_string(i) + ".";
      x = layer(x, in, {"self_attn"}, {pairs(valid, valid)}, {{}});
    }
    return config_.post_ln ? x : norm(x, "encoder.encoder.norm");
  }

  /// The attentions `names`, each with what its queries see and, if not themselves, its keys'
  /// input; then the MLP.
  at::Tensor layer(at::Tensor x, const std::string& in, const std::vector<std::string>& names,
                   const std::vector<at::Tensor>& seen,
                   const std::vector<at::Tensor>& memories) const {
    const double scale = config_.depth_base == 0
                             ? 1
                             : std::sqrt(static_cast<double>(config_.depth_base) /
                                         static_cast<double>(config_.layers));
    const auto branch = [&](std::size_t i, const at::Tensor& y) {
      return scale * (i < names.size() ? attention(y, in + names[i], seen[i], memories[i])
                                       : feed_forward(y, in));
    };
    const at::Tensor before = x;
    for (std::size_t i = 0; i <= names.size(); ++i) {
      const std::string own = in + "norm" + std::to_string(config_.parallel ? 1 : i + 1);
      if (config_.post_ln) {
        x = norm(x + branch(i, x), own);
      } else {
        x = x + branch(i, norm(config_.parallel ? before : x, own));
      }
    }
    return x;
  }

  at::Tensor feed_forward(const at::Tensor& x, const std::string& in) const {
    const at::Tensor inner = linear(x, in + "linear1");
    at::Tensor hidden = config_.activation == Activation::tanh ? inner.tanh() : inner.clamp_min(0);
    if (config_.glu) hidden = hidden * linear(x, in + "linear_glu");
    return linear(hidden, in + "linear2");
  }

  /// Head by head.
  at::Tensor attention(const at::Tensor& x, const std::string& name, const at::Tensor& seen,
                       const at::Tensor& memory) const {
    const bool crossing = memory.defined();
    const std::int64_t size = config_.width / config_.heads;
    const at::Tensor all =
        crossing ? linear(memory, name + ".kv_proj") : linear(x, name + ".in_proj");
    const at::Tensor queries = crossing ? linear(x, name + ".q_proj") : all;
    std::vector<at::Tensor> heads;
    for (std::int64_t head = 0; head < config_.heads; ++head) {
      const auto part = [&](const at::Tensor& from, std::int64_t which) {
        return from.narrow(2, which * config_.width + head * size, size);
      };
      const std::int64_t first = crossing ? 0 : 1;
      const at::Tensor scores =
          normed(part(queries, 0), name + ".q_norm.weight")
              .matmul(normed(part(all, first), name + ".k_norm.weight").transpose(1, 2)) *
          attention_scale();
      heads.push_back(weights(scores, seen).matmul(part(all, first + 1)));
    }
    at::Tensor gathered = at::cat(heads, 2);
    if (config_.attention_gate) gathered = gathered * linear(x, name + ".gate");
    return linear(gathered, name + ".out_proj");
  }

  double attention_scale() const {
    const auto size = static_cast<double>(config_.width / config_.heads);
    const double scale =
        config_.mup_base_width == 0
            ? 1 / std::sqrt(size)
            : std::sqrt(static_cast<double>(config_.mup_base_width / config_.heads)) / size;
    return config_.attention_temperature * scale;
  }

  at::Tensor normed(const at::Tensor& x, const std::string& scale) const {
    return config_.qk_layer_norm ? divided(x - x.mean(-1, true)) * of(scale) : x;
  }

  /// Softmax, or relu over the number of visible keys to the power of alpha.
  at::Tensor weights(const at::Tensor& scores, const at::Tensor& seen) const {
    const at::Tensor hidden = seen.logical_not();
    if (config_.attention == nn::AttentionForm::softmax) {
      return scores.masked_fill(hidden, -1e10).softmax(-1);
    }
    const at::Tensor count = seen.sum(-1, true).clamp_min(1).to(at::kDouble);
    return scores.clamp_min(0).masked_fill(hidden, 0) / count.pow(config_.attention_alpha);
  }

  Config config_;
  std::map<std::string, at::Tensor> parameters_;
};

}  // namespace timetrial::transformer
