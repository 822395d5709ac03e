#pragma once
// The parts of a vision transformer: MLP, attention and encoder blocks, and the pooling head of the
// `map` variant. x is [B, T, width] throughout; `dropout` is the rate of every site.

#include "workloads/nn/builder.h"
#include "workloads/vit/vit.h"

#include <string>

namespace timetrial::vit {

/// Two layers around a tanh GELU; with `glu`, a third one whose output multiplies the activated
/// hidden layer that it reads (AlgoPerf's form: the gate has no activation of its own).
class Mlp {
 public:
  Mlp(nn::Builder& builder, const std::string& name, const Config& config, bool glu);
  at::Tensor operator()(const at::Tensor& x, double dropout) const;

 private:
  nn::Linear linear1_, gate_, linear2_;
};

class SelfAttention {
 public:
  SelfAttention(nn::Builder& builder, const std::string& name, const Config& config);
  at::Tensor operator()(const at::Tensor& x, double dropout) const;

 private:
  nn::Linear query_, key_, value_, out_;
  std::int64_t heads_;
};

/// Attention and MLP, each a residual branch with its layer norm before it (or after the sum).
class EncoderBlock {
 public:
  EncoderBlock(nn::Builder& builder, const std::string& name, const Config& config);
  at::Tensor operator()(at::Tensor x, double dropout) const;

 private:
  bool post_ln_;
  nn::LayerNorm norm1_;
  SelfAttention attention_;
  nn::LayerNorm norm2_;
  Mlp mlp_;
};

/// Attention pooling: a learned query over all tokens, then an MLP branch. [B, T, width] to
/// [B, width].
class PoolingHead {
 public:
  PoolingHead(nn::Builder& builder, const std::string& name, const Config& config);
  at::Tensor operator()(const at::Tensor& x, double dropout) const;

 private:
  std::int64_t heads_;
  at::Tensor probe_;
  nn::Linear query_, key_value_, out_;
  nn::LayerNorm norm_;
  Mlp mlp_;
};

}  // namespace timetrial::vit
