#include "workloads/speech/spec_augment.h"

#include "workloads/workload.h"

#include <sstream>

namespace timetrial::speech {
namespace {

/// [B, size]: 1 but for the stretches.
///   range        [B], how far an example reaches
///   longest      [B], what a length fraction is of
///   bound_ratio  no length exceeds this share of the range, rounded down, at least 1
///   per_frame    where > 0, an example uses the first per_frame * range stretches alone
struct Stretches {
  at::Tensor range, longest;
  double bound_ratio = 1, per_frame = 0;
};

at::Tensor mask(const Stretches& stretches, std::int64_t size, const at::Tensor& length_fractions,
                const at::Tensor& start_fractions) {
  const auto range = stretches.range.unsqueeze(1);
  const auto drawn = (stretches.longest.unsqueeze(1) * length_fractions).to(at::kLong);
  const auto bound = (range * stretches.bound_ratio).to(at::kLong).clamp_min(1);
  const auto length = at::minimum(drawn, bound);
  const auto start = (start_fractions * (range - length + 1)).to(at::kLong);
  const auto places = at::arange(size, start.options());
  auto hidden =
      places.ge(start.unsqueeze(2)).logical_and_(places.lt((start + length).unsqueeze(2)));
  if (stretches.per_frame > 0) {
    const auto number = at::arange(length_fractions.size(1), start.options());
    hidden.logical_and_(number.lt(range * stretches.per_frame).unsqueeze(2));
  }
  return hidden.any(1).logical_not().to(at::kFloat);
}

void require(bool holds, const std::string& field, double value, const std::string& allowed) {
  if (holds) return;
  std::ostringstream message;
  message << "SpecAugment: " << field << " = " << value << "; it must be " << allowed;
  throw workloads::ConfigError(message.str());
}

}  // namespace

void validate(const SpecAugmentConfig& config) {
  const auto count = [](const char* field, std::int64_t value) {
    require(value >= 0, field, static_cast<double>(value), "at least 0");
  };
  count("frequency_masks", config.frequency_masks);
  count("frequency_mask_bins", config.frequency_mask_bins);
  count("time_masks", config.time_masks);
  count("time_mask_frames", config.time_mask_frames);
  require(config.time_mask_ratio >= 0 && config.time_mask_ratio <= 1, "time_mask_ratio",
          config.time_mask_ratio, "between 0 and 1");
  require(config.time_masks_per_frame >= 0, "time_masks_per_frame", config.time_masks_per_frame,
          "at least 0");
}

std::string configuration(const SpecAugmentConfig& config) {
  std::ostringstream text;
  text << std::boolalpha
       << "spec_augment_dynamic_time_mask_frames = " << config.dynamic_time_mask_frames << "\n"
       << "spec_augment_enabled = " << config.enabled << "\n"
       << "spec_augment_frequency_mask_bins = " << config.frequency_mask_bins << "\n"
       << "spec_augment_frequency_masks = " << config.frequency_masks << "\n"
       << "spec_augment_time_mask_frames = " << config.time_mask_frames << "\n"
       << "spec_augment_time_mask_ratio = " << config.time_mask_ratio << "\n"
       << "spec_augment_time_masks = " << config.time_masks << "\n"
       << "spec_augment_time_masks_per_frame = " << config.time_masks_per_frame << "\n";
  return text.str();
}

MaskDraws draw_masks(const SpecAugmentConfig& config, std::int64_t examples, c10::Device device) {
  const auto uniform = [&](std::int64_t masks) {
    return at::rand({examples, masks}, at::TensorOptions(at::kFloat).device(device));
  };
  MaskDraws draws;
  draws.time_lengths = uniform(config.time_masks);
  draws.time_starts = uniform(config.time_masks);
  draws.frequency_lengths = uniform(config.frequency_masks);
  draws.frequency_starts = uniform(config.frequency_masks);
  return draws;
}

at::Tensor time_mask(const SpecAugmentConfig& config, const at::Tensor& lengths,
                     std::int64_t frames, const MaskDraws& draws) {
  const bool none = config.time_masks == 0 || config.time_mask_ratio <= 0 ||
                    (config.time_mask_frames == 0 && !config.dynamic_time_mask_frames);
  if (none) return at::ones({lengths.size(0), frames}, lengths.options().dtype(at::kFloat));
  const auto longest = config.dynamic_time_mask_frames
                           ? lengths * config.time_mask_ratio
                           : at::full_like(lengths, config.time_mask_frames, at::kFloat);
  return mask({lengths, longest, config.time_mask_ratio, config.time_masks_per_frame}, frames,
              draws.time_lengths, draws.time_starts);
}

at::Tensor frequency_mask(const SpecAugmentConfig& config, std::int64_t bins,
                          const MaskDraws& draws) {
  const auto& fractions = draws.frequency_lengths;
  const auto options = fractions.options().dtype(at::kFloat);
  if (config.frequency_masks == 0 || config.frequency_mask_bins == 0) {
    return at::ones({fractions.size(0), bins}, options);
  }
  const auto range = at::full({fractions.size(0)}, static_cast<double>(bins), options);
  const auto longest = at::full_like(range, static_cast<double>(config.frequency_mask_bins));
  return mask({range, longest}, bins, fractions, draws.frequency_starts);
}

at::Tensor spec_augment(const SpecAugmentConfig& config, const at::Tensor& features,
                        const at::Tensor& paddings) {
  const auto draws = draw_masks(config, features.size(0), features.device());
  const auto lengths = (1 - paddings).sum(1).to(at::kLong);
  const auto over_time = time_mask(config, lengths, features.size(1), draws);
  const auto over_frequency = frequency_mask(config, features.size(2), draws);
  return features * over_time.unsqueeze(2) * over_frequency.unsqueeze(1);
}

}  // namespace timetrial::speech
