#include "workloads/speech/log_mel.h"

#include <ATen/core/grad_mode.h>

#include <cmath>
#include <sstream>
#include <stdexcept>

namespace timetrial::speech {
namespace {

constexpr std::int64_t kWindowSamples = kFrameSamples - 1;
constexpr double kSampleRate = 16000, kLowestHertz = 125, kHighestHertz = 7600;
constexpr double kPreemphasis = 0.97, kSampleScale = 0x1.0p-15, kEnergyFloor = 1e-5;
// O'Shaughnessy's mel, with HTK's constants.
constexpr double kMelFactor = 1127, kMelBreakHertz = 700;

double mel(double hertz) { return kMelFactor * std::log(1 + hertz / kMelBreakHertz); }

at::Tensor constant_table(const std::array<float, kMelBins>& table) {
  at::Tensor values = at::empty({kMelBins}, at::kFloat);
  std::copy(table.begin(), table.end(), values.mutable_data_ptr<float>());
  return values;
}

/// [B, T, 400] from frames [B, T, 401].
at::Tensor preemphasised(const at::Tensor& frames) {
  at::Tensor result = frames.slice(2, 0, kWindowSamples).clone();
  result.slice(2, 1).sub_(frames.slice(2, 0, kWindowSamples - 1), kPreemphasis);
  result.slice(2, 0, 1).mul_(1 - kPreemphasis);
  return result;
}

void check_shapes(const at::Tensor& audio, const at::Tensor& paddings) {
  if (audio.dim() == 2 && audio.size(1) >= kFrameSamples && paddings.sizes() == audio.sizes()) {
    return;
  }
  std::ostringstream message;
  message << "speech front end: audio " << audio.sizes() << " with paddings " << paddings.sizes()
          << "; expected two tensors [B, N] of one shape, N at least " << kFrameSamples;
  throw std::invalid_argument(message.str());
}

}  // namespace

at::Tensor hann_window() { return at::hann_window(kWindowSamples, /*periodic=*/true, at::kFloat); }

// In float32, as the reference computes it: in double the slopes would differ by 1e-5, which
// the logarithm passes on.
at::Tensor mel_weights() {
  const auto hertz = at::linspace(0.0, kSampleRate / 2, kFftSize / 2 + 1, at::kFloat).slice(0, 1);
  const auto at_bin = (kMelFactor * at::log(1 + hertz / kMelBreakHertz)).unsqueeze(1);
  const auto edges = at::linspace(mel(kLowestHertz), mel(kHighestHertz), kMelBins + 2, at::kFloat);
  const auto lower = edges.slice(0, 0, kMelBins), centre = edges.slice(0, 1, kMelBins + 1);
  const auto upper = edges.slice(0, 2);
  const auto rising = (at_bin - lower) / (centre - lower);
  const auto falling = (upper - at_bin) / (upper - centre);
  const auto weights = at::minimum(rising, falling).clamp_min(0);
  return at::constant_pad_nd(weights, {0, 0, 1, 0});  // HTK leaves out frequency 0
}

LogMel::LogMel(c10::Device device)
    : window_(hann_window().to(device)),
      mel_weights_(mel_weights().to(device)),
      mean_(constant_table(kLogMelMean).to(device)),
      std_(constant_table(kLogMelStd).to(device)) {}

Features LogMel::operator()(const at::Tensor& audio, const at::Tensor& paddings) const {
  check_shapes(audio, paddings);
  const at::NoGradGuard no_grad;
  const auto samples = audio * (1 - paddings) * kSampleScale;
  const auto windowed = preemphasised(samples.unfold(1, kFrameSamples, kHopSamples)).mul_(window_);
  const auto energy = at::fft_rfft(windowed, kFftSize, 2).abs().square_();
  const auto log_mel = at::matmul(energy, mel_weights_).clamp_min_(kEnergyFloor).log_();
  return {log_mel.sub(mean_).div_(std_), paddings.unfold(1, kFrameSamples, kHopSamples).amin(2)};
}

}  // namespace timetrial::speech
