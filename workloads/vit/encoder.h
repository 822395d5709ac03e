#pragma once
// The parts of a vision transformer: MLP, attention and encoder blocks, and the pooling head of the
// `map` variant. x is [B, T, width] throughout; `dropout` is the rate of every site.
//
// Parallel branches keep the parameters of the others, under their names: their matrices are put
// side by side in each pass, which costs little beside the products that they save.

#include "workloads/nn/builder.h"
#include "workloads/nn/norm.h"
#include "workloads/nn/scaling.h"
#include "workloads/vit/vit.h"

#include <string>
#include <vector>

namespace timetrial::vit {

/// Of `config.width`, of the kind that the configuration asks for.
nn::Norm add_norm(nn::Builder& builder, const std::string& name, const Config& config);

nn::Widths widths_of(const Config& config);

/// Two layers around a tanh GELU; with `glu`, a third one whose output multiplies the activated
/// hidden layer that it reads (AlgoPerf's form: the gate has no activation of its own).
class Mlp {
 public:
  Mlp(nn::Builder& builder, const std::string& name, const Config& config, bool glu);
  at::Tensor operator()(const at::Tensor& x, double dropout) const;

  const nn::Linear& first() const { return linear1_; }
  const nn::Linear& last() const { return linear2_; }
  /// From what the first layer gives to what the last one takes.
  at::Tensor between(const at::Tensor& hidden, double dropout) const;

 private:
  nn::Linear linear1_, gate_, linear2_;
};

class SelfAttention {
 public:
  SelfAttention(nn::Builder& builder, const std::string& block, const Config& config);
  at::Tensor operator()(const at::Tensor& x, double dropout) const;

  /// Query, key, value and, with `gated_attention`, the gate: all read the same.
  std::vector<const nn::Linear*> inputs() const;
  const nn::Linear& out() const { return out_; }
  /// From what the inputs give to what the last layer takes.
  at::Tensor attend(const std::vector<at::Tensor>& inputs, double dropout) const;

 private:
  std::string block_;  // for taps
  nn::Linear query_, key_, value_, gate_, out_;
  at::Tensor query_norm_, key_norm_;  // scales [width / heads], shared by the heads, or undefined
  std::int64_t heads_;
  nn::AttentionOptions options_;
};

/// Attention and MLP, each a residual branch with its norm before it (or after the sum); or both
/// branches in parallel: x + attention(norm(x)) + mlp(norm(x)).
class EncoderBlock {
 public:
  EncoderBlock(nn::Builder& builder, const std::string& name, const Config& config);
  at::Tensor operator()(const at::Tensor& x, double dropout) const;

 private:
  at::Tensor in_turn(at::Tensor x, double dropout) const;
  at::Tensor in_parallel(const at::Tensor& x, double dropout) const;
  at::Tensor attention_branch(const at::Tensor& x, double dropout) const;
  at::Tensor mlp_branch(const at::Tensor& x, double dropout) const;

  std::string name_;
  bool post_ln_, parallel_;
  double branch_scale_;
  nn::Norm norm1_;
  SelfAttention attention_;
  nn::Norm norm2_;  // none in parallel
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
  double attention_scale_;
  at::Tensor probe_;
  nn::Linear query_, key_value_, out_;
  nn::Norm norm_;
  Mlp mlp_;
};

}  // namespace timetrial::vit
