#include "workloads/unet/fastmri_slice.h"

#include <timetrial/random.h>

#include <array>
#include <bit>
#include <cmath>
#include <stdexcept>

namespace timetrial::unet {
namespace {

constexpr float kCentreFraction = 0.08F, kAcceleration = 4;
constexpr double kLimit = 6;
constexpr std::uint64_t kEvaluationSeed = 0;  // as two words, high and low: [0, 0]

// TensorFlow's key for scrambling seeds (tensorflow/core/kernels/stateless_random_ops.cc).
constexpr std::array<std::uint32_t, 2> kScramble = {0x3ec8f720, 0x02461e29};

std::array<std::uint32_t, 4> words(std::uint64_t low, std::uint64_t high) {
  return {static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(low >> 32),
          static_cast<std::uint32_t>(high), static_cast<std::uint32_t>(high >> 32)};
}

/// 23 random bits as the mantissa of a float in [1, 2), less 1.
float unit_float(std::uint32_t bits) {
  return std::bit_cast<float>((bits & 0x7fffffU) | 0x3f800000U) - 1;
}

void expect(bool holds, const char* message) {
  if (!holds) throw std::invalid_argument(std::string("fastMRI slice: ") + message);
}

}  // namespace

at::Tensor stateless_uniform(std::int64_t count, std::uint64_t seed0, std::uint64_t seed1) {
  const auto mix = philox4x32(words(seed0, seed1), kScramble);
  at::Tensor draws = at::empty({count}, at::kFloat);
  float* out = draws.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < count; i += 4) {
    auto counter = words(static_cast<std::uint64_t>(i / 4), 0);
    counter[2] = mix[2];
    counter[3] = mix[3];
    const auto bits = philox4x32(counter, {mix[0], mix[1]});
    for (std::int64_t lane = 0; lane < std::min<std::int64_t>(4, count - i); ++lane) {
      out[i + lane] = unit_float(bits[static_cast<std::size_t>(lane)]);
    }
  }
  return draws;
}

at::Tensor evaluation_draws(std::int64_t columns) {
  return stateless_uniform(columns, kEvaluationSeed, kEvaluationSeed);
}

at::Tensor training_draws(std::int64_t columns, std::uint64_t seed, std::uint64_t slice) {
  return stateless_uniform(columns, derive_seed(seed, "fastmri.mask"), slice);
}

at::Tensor column_mask(const at::Tensor& draws) {
  expect(draws.dim() == 1 && draws.scalar_type() == at::kFloat && draws.numel() > 0,
         "draws must be float32 [W], W at least 1");
  // In float32, as AlgoPerf has it.
  const auto columns = static_cast<float>(draws.numel());
  const auto centre = static_cast<std::int64_t>(columns * kCentreFraction);
  const auto centre_columns = static_cast<float>(centre);
  const float probability = (columns / kAcceleration - centre_columns) / (columns - centre_columns);
  at::Tensor mask = draws.lt(probability).to(at::kFloat);
  mask.narrow(0, (draws.numel() - centre + 1) / 2, centre).fill_(1);
  return mask;
}

Slice process(const at::Tensor& kspace, const at::Tensor& target, const at::Tensor& mask) {
  expect(kspace.dim() == 2 && kspace.scalar_type() == at::kComplexFloat,
         "k-space must be complex64 [H, W]");
  expect(target.dim() == 2 && target.size(0) <= kspace.size(0) && target.size(1) <= kspace.size(1),
         "the target must be [h, w], no larger than k-space");
  expect(mask.dim() == 1 && mask.size(0) == kspace.size(1), "the mask must be [W]");
  const at::Tensor shifted = at::fft_ifftshift(kspace * mask);
  const at::Tensor image =
      at::fft_fftshift(at::fft_ifft2(shifted, /*s=*/{}, {-2, -1}, /*norm=*/"ortho"));
  const at::Tensor magnitude =
      image.narrow(0, (kspace.size(0) - target.size(0)) / 2, target.size(0))
          .narrow(1, (kspace.size(1) - target.size(1)) / 2, target.size(1))
          .abs();
  Slice slice;
  const at::Tensor precise = magnitude.to(at::kDouble);
  slice.mean = precise.mean().item<double>();
  slice.std = precise.std(/*unbiased=*/false).item<double>();
  const auto normalised = [&](const at::Tensor& values) {
    return ((values - slice.mean) / slice.std).clamp(-kLimit, kLimit);
  };
  slice.inputs = normalised(magnitude);
  slice.targets = normalised(target.to(at::kFloat));
  return slice;
}

}  // namespace timetrial::unet
