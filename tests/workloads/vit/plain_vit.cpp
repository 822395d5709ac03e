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

PlainVit::PlainVit(const workloads::Model& model, const vit::Config& config) : config_(config) {
  for (const auto& p : model.parameters()) tensors_[p.name] = p.tensor.detach().to(at::kDouble);
}

at::Tensor PlainVit::linear(const std::string& name, const at::Tensor& x) const {
  const at::Tensor product = x.matmul(at(name + ".weight").t());
  return has(name + ".bias") ? product + at(name + ".bias") : product;
}

at::Tensor PlainVit::norm(const std::string& name, const at::Tensor& x) const {
  const at::Tensor from = config_.rms_norm ? x : x - x.mean(-1, true);
  const at::Tensor scaled = from / (from.square().mean(-1, true) + 1e-6).sqrt();
  const at::Tensor y = scaled * at(name + ".weight");
  return has(name + ".bias") ? y + at(name + ".bias") : y;
}

/// Of each head; nothing without such a scale.
at::Tensor PlainVit::scaled_norm(const std::string& name, const at::Tensor& x) const {
  if (!has(name + ".weight")) return x;
  std::vector<at::Tensor> heads;
  for (const at::Tensor& head : x.split(x.size(2) / config_.heads, 2)) {
    const at::Tensor centred = head - head.mean(-1, true);
    heads.push_back(centred / (centred.square().mean(-1, true) + 1e-6).sqrt() *
                    at(name + ".weight"));
  }
  return at::cat(heads, 2);
}

/// Head by head: [B, T, width] each.
at::Tensor PlainVit::attend(const std::string& name, const at::Tensor& query, const at::Tensor& key,
                            const at::Tensor& value) const {
  const std::int64_t size = query.size(2) / config_.heads;
  const auto as_double = [](std::int64_t number) { return static_cast<double>(number); };
  const double scale =
      config_.mup_base_width == 0
          ? 1 / std::sqrt(as_double(size))
          : std::sqrt(as_double(config_.mup_base_width / config_.heads)) / as_double(size);
  // The pooling head keeps softmax.
  const bool relu = config_.attention == nn::AttentionForm::relu && name != "map";
  std::vector<at::Tensor> contexts;
  for (std::int64_t head = 0; head < config_.heads; ++head) {
    const auto part = [&](const at::Tensor& x) { return x.narrow(2, head * size, size); };
    const at::Tensor scores = part(query).matmul(part(key).transpose(1, 2)) * scale;
    const at::Tensor weights =
        relu ? scores.clamp_min(0) / std::pow(as_double(key.size(1)), config_.attention_alpha)
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
      attend(name, scaled_norm(name + ".query_norm", linear(name + ".query", x)),
             scaled_norm(name + ".key_norm", linear(name + ".key", x)), linear(name + ".value", x));
  if (has(name + ".gate.weight")) attended = attended * linear(name + ".gate", x);
  return linear(name + ".out", attended);
}

at::Tensor PlainVit::block(const std::string& name, const at::Tensor& x, bool post_norm) const {
  const auto attention = [&](const at::Tensor& y) {
    return this->attention(name + ".self_attention1", y) * branch_scale();
  };
  const auto mlp = [&](const at::Tensor& y) {
    return this->mlp(name + ".mlp3", y) * branch_scale();
  };
  const std::string norm1 = name + ".layer_norm0", norm2 = name + ".layer_norm2";
  if (post_norm) {
    const at::Tensor middle = norm(norm1, x + attention(x));
    return norm(norm2, middle + mlp(middle));
  }
  if (!has(norm2 + ".weight")) {
    const at::Tensor y = norm(norm1, x);
    return x + attention(y) + mlp(y);
  }
  const at::Tensor middle = x + attention(norm(norm1, x));
  return middle + mlp(norm(norm2, middle));
}

double PlainVit::branch_scale() const {
  if (config_.depth_base == 0) return 1;
  return std::sqrt(static_cast<double>(config_.depth_base) / static_cast<double>(config_.depth));
}

/// The probe is the only query; keys come before values in the fused projection.
at::Tensor PlainVit::pooled(const at::Tensor& x) const {
  const at::Tensor probe = at("map.probe").expand({x.size(0), 1, x.size(2)});
  const auto key_value = linear("map.mha.kv_proj", x).split(x.size(2), 2);
  const at::Tensor out = linear("map.mha.out_proj", attend("map", linear("map.mha.q_proj", probe),
                                                           key_value[0], key_value[1]));
  return (out + mlp("map.mlp", norm("map.layer_norm", out))).select(1, 0);
}

at::Tensor PlainVit::logits(const at::Tensor& images) const {
  const at::Tensor& kernel = at("conv_patch_extract.weight");
  const at::Tensor bias =
      has("conv_patch_extract.bias") ? at("conv_patch_extract.bias") : at::Tensor();
  const at::Tensor patches = at::conv2d(images.to(at::kDouble), kernel, bias, kernel.size(2));
  at::Tensor x = patches.flatten(2).transpose(1, 2).contiguous() * config_.embedding_scale;
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
  if (config_.mup_base_width != 0) {
    x = x * static_cast<double>(config_.mup_base_width) / static_cast<double>(x.size(1));
  }
  return linear("head", x);
}

}  // namespace timetrial::test
