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

/// [B, N]. HTK treats the first sample of a frame apart, but that is where the window is zero: so
/// the whole signal is filtered once, not each of the frames that overlap.
at::Tensor preemphasised(const at::Tensor& samples) {
  at::Tensor result = samples.clone();
  result.slice(1, 1).sub_(samples.slice(1, 0, -1), kPreemphasis);
  return result;
}

/// [B, T, fft size] from samples [B, N]: each frame under the window, then zeros.
at::Tensor windowed(const at::Tensor& samples, const at::Tensor& window,
                    const LogMelConfig& config) {
  const std::int64_t length = config.window_samples();
  // One sample more than the window decides how many frames there are.
  const at::Tensor frames =
      samples.unfold(1, config.frame_samples(), config.hop_samples()).narrow(2, 0, length);
  at::Tensor result =
      at::empty({frames.size(0), frames.size(1), config.fft_size()}, samples.options());
  result.narrow(2, length, config.fft_size() - length).zero_();
  at::Tensor filled = result.narrow(2, 0, length);
  at::mul_out(filled, frames, window);
  return result;
}

/// |x|^2 of complex [B, T, F], without the square root of an absolute value.
at::Tensor squared_magnitude(const at::Tensor& x) {
  const at::Tensor parts = at::view_as_real(x);
  const at::Tensor real = parts.select(-1, 0), imaginary = parts.select(-1, 1);
  return real.square().addcmul_(imaginary, imaginary);
}

/// The least of each frame of x [B, N], [B, T]. Frames overlap: the least of each hop is taken
/// once.
at::Tensor least_of_frames(const at::Tensor& x, std::int64_t frame, std::int64_t hop) {
  const std::int64_t count = (x.size(1) - frame) / hop + 1;
  const auto least = [&](std::int64_t first_hop, std::int64_t samples) {
    return x.slice(1, first_hop * hop).unfold(1, samples, hop).slice(1, 0, count).amin(2);
  };
  const std::int64_t whole = frame / hop, rest = frame % hop;
  const at::Tensor of_hop = x.unfold(1, hop, hop).amin(2);
  at::Tensor result = rest == 0 ? of_hop.slice(1, 0, count) : least(whole, rest);
  for (std::int64_t i = 0; i < whole; ++i) {
    result = at::minimum(result, of_hop.slice(1, i, i + count));
  }
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

// In float32, as the reference computes it: in double the slopes would differ by 1e-5, which the
// logarithm of the energies passes on. The mel scale's own logarithm is taken in double and
// rounded, since float32's differs in the last bit from processor to processor, which is 1e-5 in a
// slope too.
at::Tensor mel_weights(const LogMelConfig& config) {
  const std::int64_t bins = config.bins();
  const auto hertz = at::linspace(0.0, static_cast<double>(config.sample_rate) / 2,
                                  config.fft_size() / 2 + 1, at::kFloat)
                         .slice(0, 1);
  const auto logarithm = at::log((1 + hertz / kMelBreakHertz).to(at::kDouble)).to(at::kFloat);
  const auto at_bin = (kMelFactor * logarithm).unsqueeze(1);
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
  const auto samples = (1 - paddings).mul_(audio).mul_(kSampleScale);
  const auto spectrum = at::fft_rfft(windowed(preemphasised(samples), window_, config_));
  const auto log_mel =
      at::matmul(squared_magnitude(spectrum), mel_weights_).clamp_min_(kEnergyFloor).log_();
  return {log_mel.sub(mean_).div_(std_), least_of_frames(paddings, frame, hop)};
}

}  // namespace timetrial::speech
