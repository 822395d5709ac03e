#include "tests/workloads/vit/plain_vit.h"

#include <ATen/ATen.h>

#include <cmath>

namespace timetrial::test {
namespace {

/// Position (row, column) by its formula: sines and cosines of the column, then of the row.
double position(std::int64_t row, std::int64_t column, std::int64_t index, std::int64_t width) {
  const std::int64_t quarter = width / 4, part = index / quarter;
  const double omega =
      std::pow(10000.0, -static_cast<double>(index % quarter) / static_cast<double>(quarter - 1));
  const double angle = omega * static_cast<double>(part < 2 ? column : row);
  return part % 2 == 0 ? std::sin(angle) : std::cos(angle);
}

}  // namespace

PlainVit::PlainVit(const workloads::Model& model, std::int64_t heads,
                   std::optional<double> relu_alpha)
    : heads_(heads), relu_alpha_(relu_alpha) {
  for (const auto& p : model.parameters()) tensors_[p.name] = p.tensor.detach().to(at::kDouble);
}

at::Tensor PlainVit::linear(const std::string& name, const at::Tensor& x) const {
  const at::Tensor product = x.matmul(at(name + ".weight").t());
  return has(name + ".bias") ? product + at(name + ".bias") : product;
}

at::Tensor PlainVit::norm(const std::string& name, const at::Tensor& x) const {
  if (!has(name + ".bias")) {
    return x / (x.square().mean(-1, true) + 1e-6).sqrt() * at(name + ".weight");
  }
  const at::Tensor centred = x - x.mean(-1, true);
  return centred / (centred.square().mean(-1, true) + 1e-6).sqrt() * at(name + ".weight") +
         at(name + ".bias");
}

/// Of each head; nothing without such a scale.
at::Tensor PlainVit::scaled_norm(const std::string& name, const at::Tensor& x) const {
  if (!has(name + ".weight")) return x;
  std::vector<at::Tensor> heads;
  for (const at::Tensor& head : x.split(x.size(2) / heads_, 2)) {
    const at::Tensor centred = head - head.mean(-1, true);
    heads.push_back(centred / (centred.square().mean(-1, true) + 1e-6).sqrt() *
                    at(name + ".weight"));
  }
  return at::cat(heads, 2);
}

/// Head by head: [B, T, width] each.
at::Tensor PlainVit::attend(const at::Tensor& query, const at::Tensor& key,
                            const at::Tensor& value) const {
  const std::int64_t size = query.size(2) / heads_;
  std::vector<at::Tensor> contexts;
  for (std::int64_t head = 0; head < heads_; ++head) {
    const auto part = [&](const at::Tensor& x) { return x.narrow(2, head * size, size); };
    const at::Tensor scores =
        part(query).matmul(part(key).transpose(1, 2)) / std::sqrt(static_cast<double>(size));
    const at::Tensor weights =
        relu_alpha_ ? scores.clamp_min(0) / std::pow(static_cast<double>(key.size(1)), *relu_alpha_)
                    : scores.exp() / scores.exp().sum(-1, true);
    contexts.push_back(weights.matmul(part(value)));
  }
  return at::cat(contexts, 2);
}

at::Tensor PlainVit::mlp(const std::string& name, const at::Tensor& x) const {
  const at::Tensor inner = linear(name + ".linear1", x);
  at::Tensor hidden =
      0.5 * inner * (1 + (std::sqrt(2 / M_PI) * (inner + 0.044715 * inner.pow(3))).tanh());
  if (has(name + ".glu_linear.weight")) hidden = hidden * linear(name + ".glu_linear", hidden);
  return linear(name + ".linear2", hidden);
}

at::Tensor PlainVit::attention(const std::string& name, const at::Tensor& x) const {
  at::Tensor attended =
      attend(scaled_norm(name + ".query_norm", linear(name + ".query", x)),
             scaled_norm(name + ".key_norm", linear(name + ".key", x)), linear(name + ".value", x));
  if (has(name + ".gate.weight")) attended = attended * linear(name + ".gate", x);
  return linear(name + ".out", attended);
}

at::Tensor PlainVit::block(const std::string& name, const at::Tensor& x, bool post_norm) const {
  const auto attention = [&](const at::Tensor& y) {
    return this->attention(name + ".self_attention1", y);
  };
  const std::string norm1 = name + ".layer_norm0", norm2 = name + ".layer_norm2";
  if (post_norm) {
    const at::Tensor middle = norm(norm1, x + attention(x));
    return norm(norm2, middle + mlp(name + ".mlp3", middle));
  }
  if (!has(norm2 + ".weight")) {
    const at::Tensor y = norm(norm1, x);
    return x + attention(y) + mlp(name + ".mlp3", y);
  }
  const at::Tensor middle = x + attention(norm(norm1, x));
  return middle + mlp(name + ".mlp3", norm(norm2, middle));
}

/// The probe is the only query; keys come before values in the fused projection.
at::Tensor PlainVit::pooled(const at::Tensor& x) const {
  const at::Tensor probe = at("map.probe").expand({x.size(0), 1, x.size(2)});
  const auto key_value = linear("map.mha.kv_proj", x).split(x.size(2), 2);
  const at::Tensor out = linear(
      "map.mha.out_proj", attend(linear("map.mha.q_proj", probe), key_value[0], key_value[1]));
  return (out + mlp("map.mlp", norm("map.layer_norm", out))).select(1, 0);
}

at::Tensor PlainVit::logits(const at::Tensor& images) const {
  const at::Tensor& kernel = at("conv_patch_extract.weight");
  const at::Tensor patches =
      at::conv2d(images.to(at::kDouble), kernel, at("conv_patch_extract.bias"), kernel.size(2));
  at::Tensor x = patches.flatten(2).transpose(1, 2).contiguous();
  if (has("positions")) x = x + at("positions");
  for (std::int64_t row = 0; row < patches.size(2) && !has("positions"); ++row) {
    for (std::int64_t column = 0; column < patches.size(3); ++column) {
      for (std::int64_t i = 0; i < x.size(2); ++i) {
        x.select(1, row * patches.size(3) + column)
            .select(1, i)
            .add_(position(row, column, i, x.size(2)));
      }
    }
  }
  const bool post_norm = !has("encoder.encoder_norm.weight");
  for (int i = 0; has("encoder.net." + std::to_string(i) + ".layer_norm0.weight"); ++i) {
    x = block("encoder.net." + std::to_string(i), x, post_norm);
  }
  if (!post_norm) x = norm("encoder.encoder_norm", x);
  x = has("map.probe") ? pooled(x) : x.mean(1);
  if (has("pre_logits.weight")) x = linear("pre_logits", x).tanh();
  return linear("head", x);
}

}  // namespace timetrial::test
