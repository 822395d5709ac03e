#pragma once
// An LSTM over utterances of different lengths in one batch. Frames are packed by length, so that
// padding costs nothing and the backward direction starts at an utterance's own last frame.
//
//   const Packing packing(paddings);           // once for all layers
//   x = lstm(x, packing, options.training);
//
// Shapes   x [B, T, in] to [B, T, directions * hidden], 0 where padded; paddings [B, T]
// Layout   torch's: weight_ih_l0 [4 hidden, in], gates in the order input, forget, cell, output
// Source   Hochreiter and Schmidhuber 1997, "Long Short-Term Memory", as torch.nn.LSTM has it

#include "workloads/nn/builder.h"

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace timetrial::deepspeech {

/// Who is how long, longest first. An utterance that is all padding counts as one frame.
struct Packing {
  explicit Packing(const at::Tensor& paddings);

  at::Tensor order, inverse;  ///< int64 [B]: from the batch's order to longest first, and back
  at::Tensor lengths;         ///< int64 [B] on the CPU, longest first
  std::int64_t frames = 0;
};

struct PackedLstmSpec {
  std::int64_t in = 0, hidden = 0;
  bool bidirectional = true;
};

class PackedLstm {
 public:
  /// Adds `name`.weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, and the same with _reverse:
  /// uniform on -/+ 1 / sqrt(hidden), torch's start.
  PackedLstm(nn::Builder& builder, const std::string& name, const PackedLstmSpec& spec);
  at::Tensor operator()(const at::Tensor& x, const Packing& packing, bool training) const;

 private:
  std::vector<at::Tensor> weights_;  // in the order in which they were added
  PackedLstmSpec spec_;
};

}  // namespace timetrial::deepspeech
