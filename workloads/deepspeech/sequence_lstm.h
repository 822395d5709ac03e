#pragma once
// An LSTM over utterances of different lengths in one batch: the backward direction starts at an
// utterance's own last frame, and what is behind that has no say.
//
//   const Lengths lengths(paddings);   // once for all layers
//   x = lstm(x, lengths, options.training);
//
// Shapes   x [B, T, in] to [B, T, directions * hidden], 0 where padded; paddings [B, T]
// Layout   torch's: weight_ih_l0 [4 hidden, in], gates in the order input, forget, cell, output
// Source   Hochreiter and Schmidhuber 1997, "Long Short-Term Memory", as torch.nn.LSTM has it
//
// Ways to the same numbers. On a GPU frames are packed by length, as AlgoPerf does: cuDNN runs
// both directions of that at once. On a CPU each direction runs over whole rows, the backward one
// over utterances turned around, since LibTorch has a fused kernel for rows, and for packed frames
// a loop whose gradient copies the batch at every frame (README.md has the times). A gradient that
// is to be differentiated again comes from a third way, plain steps, since no fused kernel can.

#include "workloads/nn/builder.h"

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace timetrial::deepspeech {

struct Lengths {
  explicit Lengths(const at::Tensor& paddings);

  at::Tensor kept;  ///< [B, T, 1], 0 where padded
  at::Tensor
      reversal;  ///< int64 [B * T]: the rows of [B * T, ..] with each utterance turned around
  at::Tensor order, inverse;  ///< int64 [B]: from the batch's order to longest first, and back
  at::Tensor sorted;  ///< int64 [B] on the CPU, frames, longest first; all padding counts as one
};

struct SequenceLstmSpec {
  std::int64_t in = 0, hidden = 0;
  bool bidirectional = true;
};

class SequenceLstm {
 public:
  /// Adds `name`.weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, and the same with _reverse:
  /// uniform on -/+ 1 / sqrt(hidden), torch's start.
  SequenceLstm(nn::Builder& builder, const std::string& name, const SequenceLstmSpec& spec);

  /// The faster of the first two below for the device; differentiable twice.
  at::Tensor operator()(const at::Tensor& x, const Lengths& lengths, bool training) const;
  at::Tensor over_rows(const at::Tensor& x, const Lengths& lengths, bool training) const;
  at::Tensor over_packed(const at::Tensor& x, const Lengths& lengths, bool training) const;
  at::Tensor by_steps(const at::Tensor& x, const Lengths& lengths, bool training) const;

 private:
  using Weights = std::vector<at::Tensor>;
  /// x and the weights of one direction to its output.
  using Direction = at::Tensor (*)(const at::Tensor& x, at::ArrayRef<at::Tensor> weights,
                                   bool training);

  at::Tensor rows(Direction direction, const at::Tensor& x, const Weights& weights,
                  const Lengths& lengths, bool training) const;
  at::Tensor packed(const at::Tensor& x, const Weights& weights, const Lengths& lengths,
                    bool training) const;

  Weights weights_;  // in the order in which they were added
  SequenceLstmSpec spec_;
};

}  // namespace timetrial::deepspeech
