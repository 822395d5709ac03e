#include "workloads/speech/log_mel.h"

#include "workloads/workload.h"

#include <ATen/core/grad_mode.h>

#include <bit>
#include <cmath>
#include <sstream>
#include <stdexcept>

namespace timetrial::speech {
namespace {

constexpr double kPreemphasis = 0.97, kSampleScale = 0x1.0p-15, kEnergyFloor = 1e-5;
// O'Shaughnessy's mel, with HTK's constants.
constexpr double kMelFactor = 1127, kMelBreakHertz = 700;

double mel(double hertz) { return kMelFactor * std::log(1 + hertz / kMelBreakHertz); }

at::Tensor constant_table(std::span<const float> table) {
  at::Tensor values = at::empty({static_cast<std::int64_t>(table.size())}, at::kFloat);
  std::copy(table.begin(), table.end(), values.mutable_data_ptr<float>());
  return values;
}

/// [B, T, 400] from frames [B, T, 401].
at::Tensor preemphasised(const at::Tensor& frames) {
  const std::int64_t window = frames.size(2) - 1;
  at::Tensor result = frames.slice(2, 0, window).clone();
  result.slice(2, 1).sub_(frames.slice(2, 0, window - 1), kPreemphasis);
  result.slice(2, 0, 1).mul_(1 - kPreemphasis);
  return result;
}

void check_shapes(const at::Tensor& audio, const at::Tensor& paddings, std::int64_t frame) {
  if (audio.dim() == 2 && audio.size(1) >= frame && paddings.sizes() == audio.sizes()) return;
  std::ostringstream message;
  message << "speech front end: audio " << audio.sizes() << " with paddings " << paddings.sizes()
          << "; expected two tensors [B, N] of one shape, N at least " << frame;
  throw std::invalid_argument(message.str());
}

}  // namespace

std::int64_t LogMelConfig::fft_size() const {
  return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(window_samples())));
}

void validate(const LogMelConfig& config) {
  const auto require = [](bool holds, const char* field, double value, const std::string& allowed) {
    if (holds) return;
    std::ostringstream message;
    message << "speech front end: " << field << " = " << value << "; it must be " << allowed;
    throw workloads::ConfigError(message.str());
  };
  require(config.sample_rate > 0 && config.sample_rate % 200 == 0, "sample_rate",
          static_cast<double>(config.sample_rate), "a multiple of 200");
  require(config.lowest_hertz > 0, "lowest_hertz", config.lowest_hertz, "above 0");
  require(config.highest_hertz > config.lowest_hertz &&
              config.highest_hertz <= static_cast<double>(config.sample_rate) / 2,
          "highest_hertz", config.highest_hertz,
          "above lowest_hertz and at most half of the sample rate");
  require(config.bins() >= 4 && config.bins() % 4 == 0, "mel_bins",
          static_cast<double>(config.bins()), "a multiple of 4: subsampling halves them twice");
  require(config.std.size() == config.mean.size(), "std", static_cast<double>(config.std.size()),
          "as many values as mean has");
}

std::string configuration(const LogMelConfig& config) {
  std::ostringstream text;
  text << "log_mel_bins = " << config.bins() << "\n"
       << "log_mel_highest_hertz = " << config.highest_hertz << "\n"
       << "log_mel_lowest_hertz = " << config.lowest_hertz << "\n"
       << "log_mel_sample_rate = " << config.sample_rate << "\n";
  return text.str();
}

at::Tensor hann_window(const LogMelConfig& config) {
  return at::hann_window(config.window_samples(), /*periodic=*/true, at::kFloat);
}

// In float32, as the reference computes it: in double the slopes would differ by 1e-5, which
// the logarithm passes on.
at::Tensor mel_weights(const LogMelConfig& config) {
  const std::int64_t bins = config.bins();
  const auto hertz = at::linspace(0.0, static_cast<double>(config.sample_rate) / 2,
                                  config.fft_size() / 2 + 1, at::kFloat)
                         .slice(0, 1);
  const auto at_bin = (kMelFactor * at::log(1 + hertz / kMelBreakHertz)).unsqueeze(1);
  const auto edges =
      at::linspace(mel(config.lowest_hertz), mel(config.highest_hertz), bins + 2, at::kFloat);
  const auto lower = edges.slice(0, 0, bins), centre = edges.slice(0, 1, bins + 1);
  const auto upper = edges.slice(0, 2);
  const auto rising = (at_bin - lower) / (centre - lower);
  const auto falling = (upper - at_bin) / (upper - centre);
  const auto weights = at::minimum(rising, falling).clamp_min(0);
  return at::constant_pad_nd(weights, {0, 0, 1, 0});  // HTK leaves out frequency 0
}

LogMel::LogMel(c10::Device device, const LogMelConfig& config)
    : config_(config),
      window_(hann_window(config).to(device)),
      mel_weights_(mel_weights(config).to(device)),
      mean_(constant_table(config.mean).to(device)),
      std_(constant_table(config.std).to(device)) {}

Features LogMel::operator()(const at::Tensor& audio, const at::Tensor& paddings) const {
  const std::int64_t frame = config_.frame_samples(), hop = config_.hop_samples();
  check_shapes(audio, paddings, frame);
  const at::NoGradGuard no_grad;
  const auto samples = audio * (1 - paddings) * kSampleScale;
  const auto windowed = preemphasised(samples.unfold(1, frame, hop)).mul_(window_);
  const auto energy = at::fft_rfft(windowed, config_.fft_size(), 2).abs().square_();
  const auto log_mel = at::matmul(energy, mel_weights_).clamp_min_(kEnergyFloor).log_();
  return {log_mel.sub(mean_).div_(std_), paddings.unfold(1, frame, hop).amin(2)};
}

}  // namespace timetrial::speech
