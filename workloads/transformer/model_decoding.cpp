// The transformer's decoder one token at a time, with the keys and values of the tokens so far.
#include "workloads/transformer/model.h"

namespace timetrial::transformer {

Decoding Transformer::start(const at::Tensor& inputs, std::int64_t beams,
                            std::int64_t max_length) const {
  require_ids(inputs, "inputs");
  if (beams < 1 || max_length < 1 || max_length > kMaxLength) {
    throw std::invalid_argument("transformer: decoding needs at least one beam and 1 to " +
                                std::to_string(kMaxLength) + " tokens");
  }
  Decoding decoding;
  decoding.beams = beams;
  // Any query, also of padding: only the source has a say.
  decoding.memory_mask = additive_mask(inputs.gt(0).unsqueeze(1));
  const at::Tensor memory = encode(inputs, {}, {}, 0);
  const std::int64_t head_dim = config_.width / config_.heads;
  for (const DecoderLayer& layer : decoder_) {
    const auto kv = layer.multihead_attn.kv_proj(memory).split(config_.width, -1);
    decoding.memory_keys.push_back(split(kv[0], layer.multihead_attn.norm.key));
    decoding.memory_values.push_back(split(kv[1]));
    const auto cache = [&] {
      return at::zeros({inputs.size(0) * beams, config_.heads, max_length, head_dim},
                       memory.options());
    };
    decoding.keys.push_back(cache());
    decoding.values.push_back(cache());
  }
  return decoding;
}

void Decoding::keep(const at::Tensor& rows) {
  for (auto* cache : {&keys, &values}) {
    for (const at::Tensor& layer : *cache) {
      const at::Tensor used = layer.narrow(2, 0, position);
      used.copy_(used.index_select(0, rows));
    }
  }
}

at::Tensor Transformer::step_self_attention(const at::Tensor& x, const SelfAttention& layer,
                                            Decoding& decoding, std::size_t index) const {
  const auto qkv = layer.in_proj(x).split(config_.width, -1);
  const at::Tensor &keys = decoding.keys[index], &values = decoding.values[index];
  keys.narrow(2, decoding.position, 1).copy_(split(qkv[1], layer.norm.key));
  values.narrow(2, decoding.position, 1).copy_(split(qkv[2]));
  const std::int64_t seen = decoding.position + 1;
  const at::Tensor gathered = attend(split(qkv[0], layer.norm.query), keys.narrow(2, 0, seen),
                                     values.narrow(2, 0, seen), {}, 0);
  return layer.out_proj(gated(gathered, layer.gate, x));
}

at::Tensor Transformer::step_cross_attention(const at::Tensor& x, const CrossAttention& layer,
                                             const Decoding& decoding, std::size_t index) const {
  // The beams of a sentence are as many queries to one set of keys: [R, 1, d] -> [B, beams, d].
  const at::Tensor rows = x.view({-1, decoding.beams, config_.width});
  const at::Tensor gathered =
      attend(split(layer.q_proj(rows), layer.norm.query), decoding.memory_keys[index],
             decoding.memory_values[index], decoding.memory_mask, 0);
  return layer.out_proj(gated(gathered, layer.gate, rows)).view({-1, 1, config_.width});
}

at::Tensor Transformer::step(Decoding& decoding, const at::Tensor& tokens) const {
  if (decoding.position >= decoding.keys.front().size(2)) {
    throw std::invalid_argument("transformer: decoding is at its max_length");
  }
  at::Tensor x =
      embed(tokens.unsqueeze(1), at::full_like(tokens, decoding.position).unsqueeze(1), 0);
  for (std::size_t i = 0; i < decoder_.size(); ++i) {
    const DecoderLayer& layer = decoder_[i];
    const auto attention = [&](const at::Tensor& in) {
      return step_self_attention(in, layer.self_attn, decoding, i);
    };
    const auto cross = [&](const at::Tensor& in) {
      return step_cross_attention(in, layer.multihead_attn, decoding, i);
    };
    const auto mlp = [&](const at::Tensor& in) { return feed_forward(in, layer.mlp, 0); };
    x = through(x, {{layer.norm1, attention}, {layer.norm2, cross}, {layer.norm3, mlp}});
  }
  ++decoding.position;
  return output(x).squeeze(1);
}

}  // namespace timetrial::transformer
