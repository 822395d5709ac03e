#pragma once
// The speech front end: audio to normalised log-mel features, a fixed function without gradients.
//
// Numbers are those of 16 kHz, AlgoPerf's; at another rate (LogMelConfig) samples scale with it.
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
#include <span>
#include <string>

namespace timetrial::speech {

/// Defaults: AlgoPerf's.
struct LogMelConfig {
  std::int64_t sample_rate = 16000;                 ///< of the audio; a multiple of 200
  double lowest_hertz = 125, highest_hertz = 7600;  ///< outer ends of the first and last triangle
  /// Of each mel bin; how many there are is how many bins there are. Both outlive every user.
  std::span<const float> mean = kLogMelMean, std = kLogMelStd;

  std::int64_t bins() const { return static_cast<std::int64_t>(mean.size()); }
  std::int64_t window_samples() const { return sample_rate / 40; }     ///< 25 ms
  std::int64_t frame_samples() const { return window_samples() + 1; }  ///< one for the pre-emphasis
  std::int64_t hop_samples() const { return sample_rate / 100; }       ///< 10 ms
  std::int64_t fft_size() const;  ///< the power of two that the window fits into
};

/// Throws ConfigError naming the field, its value and what it may be.
void validate(const LogMelConfig& config);
/// "key = value" lines, sorted, without the statistics: a part of Workload::configuration().
std::string configuration(const LogMelConfig& config);

/// Periodic Hann window, [400].
at::Tensor hann_window(const LogMelConfig& config = {});
/// [257, 80]: how much of the energy at a frequency of the FFT belongs to a mel bin. The row of
/// frequency 0 is zero.
at::Tensor mel_weights(const LogMelConfig& config = {});

struct Features {
  at::Tensor values;    ///< [B, T, 80]
  at::Tensor paddings;  ///< [B, T]
};

class LogMel {
 public:
  explicit LogMel(c10::Device device, const LogMelConfig& config = {});
  /// Throws std::invalid_argument when the audio is shorter than one frame or its paddings have
  /// another shape.
  Features operator()(const at::Tensor& audio, const at::Tensor& paddings) const;

 private:
  LogMelConfig config_;
  at::Tensor window_, mel_weights_, mean_, std_;
};

}  // namespace timetrial::speech
