#pragma once
// Causal self-attention with rotary positions, from the fused projection of queries, keys and
// values to what the heads have gathered.
//
// Shapes   B batch, T positions, heads, D = width / heads
// Source   config.h

#include "workloads/lm/config.h"
#include "workloads/nn/builder.h"

#include <string>

namespace timetrial::lm {

/// cos and sin of position * base^(-2i / D), each [T, D / 2].
struct RotaryTables {
  at::Tensor cos, sin;
  RotaryTables(std::int64_t length, std::int64_t head_dim, double base, c10::Device device);
};

class SelfAttention {
 public:
  /// Adds what the heads need, below `name` (such as "layers.0.attn"): attn_scale with qk_norm,
  /// q_norm.weight and k_norm.weight with qk_layer_norm, nothing else.
  SelfAttention(nn::Builder& builder, const std::string& name, const Config& config);

  /// qkv [B, T, attention_inputs] -> [B, T, width]. `block` names the layer to taps.
  at::Tensor operator()(const at::Tensor& qkv, const RotaryTables& tables,
                        const std::string& block) const;

 private:
  at::Tensor scale_;            ///< of unit queries; undefined without qk_norm
  at::Tensor q_norm_, k_norm_;  ///< [D]; undefined without qk_layer_norm
  std::int64_t heads_, head_dim_;
  nn::AttentionOptions options_;
};

}  // namespace timetrial::lm
