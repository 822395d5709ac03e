#pragma once
// Two strided convolutions and a linear layer: log-mel features to a quarter of the frames.
//
// Input    features [B, T, F]; paddings [B, T]
// Output   [B, ceil(ceil(T / 2) / 2), width]; paddings alike, every second entry from the first on
// Layers   conv 3x3 stride 2, 1 -> width -> width, bias, activation, padded frames set to 0. Sides
//          padded as TensorFlow's SAME: an even length by 0 before and 1 after, an odd one by 1 and
//          1. Flattened with the channel fastest, [T, F/4 * width], then linear to width.
// Init     Xavier-uniform, biases 0
// Source   AlgoPerf's Subsample (commit 2c90454fc05d)

#include "workloads/nn/builder.h"
#include "workloads/speech/log_mel.h"

#include <ATen/core/Tensor.h>

#include <string>

namespace timetrial::speech {

enum class SubsamplingActivation { relu, tanh };

class Subsampling {
 public:
  /// Adds subsample.conv1 and conv2 (.kernel, .bias) and subsample.`linear_name` (.weight, .bias).
  Subsampling(nn::Builder& builder, const std::string& linear_name, std::int64_t mel_bins,
              std::int64_t width, SubsamplingActivation activation);
  Features operator()(const Features& features) const;

 private:
  struct Convolution {
    at::Tensor kernel, bias;
  };
  static Convolution add(nn::Builder& builder, const std::string& name, std::int64_t in,
                         std::int64_t out);
  /// [B, C, T, F] to [B, width, T/2, F/2].
  Features halve(const Convolution& convolution, const Features& images) const;

  Convolution first_, second_;
  nn::Linear linear_;
  SubsamplingActivation activation_;
};

}  // namespace timetrial::speech
