#pragma once
// The speech front end: audio to normalised log-mel features, a fixed function without gradients.
//
// Input    audio float32 [B, N], values of 16-bit samples at 16 kHz; paddings float32 [B, N], 1
//          where padded
// Output   features float32 [B, T, 80], T = (N - 401) / 160 + 1 rounded down (320,000 samples:
//          1,998 frames); paddings float32 [B, T], 1 where every sample of the frame is padding
// Steps    2^-15 scale; frames of 401 samples every 160, none beyond the end; pre-emphasis within
//          each frame as HTK does it (x_0 (1 - 0.97), x_i - 0.97 x_{i-1}; the 401st sample goes
//          unused); periodic Hann window of 400; FFT of 512; squared magnitude; 80 triangles from
//          125 to 7,600 Hz, their slopes straight in mel; log with floor 1e-5; minus the mean,
//          divided by the standard deviation of each bin
// Source   AlgoPerf's MelFilterbankFrontend (commit 2c90454fc05d); mel scale and window those of
//          HTK and of tf.signal

#include "workloads/speech/log_mel_statistics.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace timetrial::speech {

inline constexpr std::int64_t kFrameSamples = 401;  ///< 25 ms, and one for the pre-emphasis
inline constexpr std::int64_t kHopSamples = 160;    ///< 10 ms
inline constexpr std::int64_t kFftSize = 512;

/// Periodic Hann window, [400].
at::Tensor hann_window();
/// [257, 80]: how much of the energy at a frequency of the FFT belongs to a mel bin. The row of
/// frequency 0 is zero.
at::Tensor mel_weights();

struct Features {
  at::Tensor values;    ///< [B, T, 80]
  at::Tensor paddings;  ///< [B, T]
};

class LogMel {
 public:
  explicit LogMel(c10::Device device);
  /// Throws std::invalid_argument when the audio is shorter than one frame or its paddings have
  /// another shape.
  Features operator()(const at::Tensor& audio, const at::Tensor& paddings) const;

 private:
  at::Tensor window_, mel_weights_, mean_, std_;
};

}  // namespace timetrial::speech
