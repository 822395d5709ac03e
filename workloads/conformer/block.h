#pragma once
// The block of a conformer and its modules.
//
// Shapes   x [B, T, width]; paddings [B, T], 1 where padded

#include "workloads/conformer/conformer.h"
#include "workloads/nn/builder.h"

#include <optional>
#include <string>
#include <vector>

namespace timetrial::conformer {

/// What one forward pass gives to every module.
struct Pass {
  ForwardOptions options;
  double dropout = 0;   ///< on what each module puts out
  at::Tensor paddings;  ///< [B, T]
  at::Tensor kept;      ///< [B, T, 1], 0 where padded
  /// [B, 1, 1, T], added to the scores: the lowest number where a key is padded, which unlike -inf
  /// keeps an example that is all padding from becoming NaN.
  at::Tensor attention_mask;
};

/// Layer norm, linear, activation, linear.
class FeedForward {
 public:
  FeedForward(nn::Builder& builder, const std::string& name, const Config& config);
  at::Tensor operator()(const at::Tensor& x, const Pass& pass) const;

 private:
  speech::ZeroCentredLayerNorm norm_;
  nn::Linear linear1_, linear2_;
  Activation activation_;
  double hidden_dropout_;
};

/// Layer norm, then self-attention over the unpadded frames, its queries scaled per dimension of a
/// head by a learned factor that starts at 1.
class SelfAttention {
 public:
  SelfAttention(nn::Builder& builder, const std::string& name, const Config& config);
  at::Tensor operator()(const at::Tensor& x, const Pass& pass) const;

 private:
  speech::ZeroCentredLayerNorm norm_;
  nn::Linear in_, out_;
  at::Tensor query_scale_;
  std::int64_t heads_;
  double dropout_, temperature_;
};

/// Layer norm, gated linear unit, depthwise convolution over time, batch norm, activation, linear.
class Convolution {
 public:
  Convolution(nn::Builder& builder, std::vector<NamedTensor>& state, const std::string& name,
              const Config& config);
  at::Tensor operator()(const at::Tensor& x, const Pass& pass) const;

 private:
  speech::ZeroCentredLayerNorm norm_;
  nn::Linear value_, gate_;
  at::Tensor kernel_;
  speech::MaskedBatchNorm batch_norm_;
  nn::Linear out_;
  Activation activation_;
};

/// Half a feed-forward module, attention, convolution, half a feed-forward module, each added to
/// its input; then a layer norm, if configured.
class Block {
 public:
  Block(nn::Builder& builder, std::vector<NamedTensor>& state, const std::string& name,
        const Config& config);
  at::Tensor operator()(at::Tensor x, const Pass& pass) const;

 private:
  FeedForward before_;
  SelfAttention attention_;
  Convolution convolution_;
  FeedForward after_;
  std::optional<speech::ZeroCentredLayerNorm> norm_;
};

}  // namespace timetrial::conformer
