#include "workloads/metrics/corruptions.h"

#include <timetrial/random.h>

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/reflection_pad2d.h>
#include <ATen/ops/upsample_nearest2d.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>

namespace timetrial::metrics {
namespace {

using Strengths = std::array<double, kSeverities>;
constexpr Strengths kNoise = {0.04, 0.06, 0.08, 0.09, 0.10};       // standard deviation
constexpr Strengths kBlur = {0.4, 0.6, 0.7, 0.8, 1.0};             // of the Gaussian, pixels
constexpr Strengths kContrast = {0.75, 0.5, 0.4, 0.3, 0.15};       // what is left of it
constexpr Strengths kBrightness = {0.05, 0.10, 0.15, 0.20, 0.30};  // added
constexpr Strengths kPixelation = {0.95, 0.9, 0.85, 0.75, 0.65};   // of each side

at::Tensor with_noise(const at::Tensor& images, double deviation, std::uint64_t seed) {
  at::Tensor noise = at::empty_like(images, at::MemoryFormat::Contiguous);
  float* value = noise.mutable_data_ptr<float>();
  const std::int64_t size = images.size(0) == 0 ? 0 : images.numel() / images.size(0);
  for (std::int64_t i = 0; i < images.size(0); ++i) {
    Random random(derive_seed(seed, "corruption/noise", static_cast<std::uint64_t>(i)));
    for (std::int64_t k = 0; k < size; ++k) {
      // Box and Muller 1958.
      const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
      const double angle = 2 * std::numbers::pi * random.uniform();
      *value++ = static_cast<float>(deviation * radius * std::cos(angle));
    }
  }
  return images + noise;
}

at::Tensor blurred(const at::Tensor& images, double sigma) {
  const std::int64_t radius =
      std::min<std::int64_t>(static_cast<std::int64_t>(std::ceil(3 * sigma)),
                             std::min(images.size(2), images.size(3)) - 1);
  const at::Tensor line =
      at::arange(-radius, radius + 1, images.options()).div(sigma).square().mul(-0.5).exp();
  const at::Tensor weights = line / line.sum();
  const at::Tensor kernel =
      at::outer(weights, weights).expand({images.size(1), 1, 2 * radius + 1, 2 * radius + 1});
  return at::conv2d(at::reflection_pad2d(images, {radius, radius, radius, radius}), kernel, {},
                    at::IntArrayRef({1, 1}), at::IntArrayRef({0, 0}), at::IntArrayRef({1, 1}),
                    images.size(1));
}

at::Tensor with_contrast(const at::Tensor& images, double left) {
  const at::Tensor mean = images.mean({2, 3}, /*keepdim=*/true);
  return (images - mean) * left + mean;
}

at::Tensor pixelated(const at::Tensor& images, double of_side) {
  const auto shrunk = [&](std::int64_t side) {
    return std::max<std::int64_t>(1, std::llround(static_cast<double>(side) * of_side));
  };
  const at::Tensor small =
      at::adaptive_avg_pool2d(images, {shrunk(images.size(2)), shrunk(images.size(3))});
  return at::upsample_nearest2d(small, {images.size(2), images.size(3)});
}

}  // namespace

const char* to_string(Corruption kind) {
  switch (kind) {
    case Corruption::noise:
      return "noise";
    case Corruption::blur:
      return "blur";
    case Corruption::contrast:
      return "contrast";
    case Corruption::brightness:
      return "brightness";
    case Corruption::pixelation:
      return "pixelation";
  }
  return "unknown";
}

at::Tensor corrupted(const at::Tensor& images, Corruption kind, int severity, std::uint64_t seed) {
  if (images.dim() != 4 || images.scalar_type() != at::kFloat || images.size(2) < 2 ||
      images.size(3) < 2) {
    throw std::invalid_argument("corruptions: images must be float32 [N, C, H, W], sides above 1");
  }
  if (severity < 1 || severity > kSeverities) {
    throw std::invalid_argument("corruptions: severity = " + std::to_string(severity) +
                                ", expected 1 to 5");
  }
  const auto at = [&](const Strengths& all) { return all[static_cast<std::size_t>(severity - 1)]; };
  const auto worse = [&] {
    switch (kind) {
      case Corruption::noise:
        return with_noise(images, at(kNoise), seed);
      case Corruption::blur:
        return blurred(images, at(kBlur));
      case Corruption::contrast:
        return with_contrast(images, at(kContrast));
      case Corruption::brightness:
        return images + at(kBrightness);
      case Corruption::pixelation:
        return pixelated(images, at(kPixelation));
    }
    throw std::invalid_argument("corruptions: unknown kind");
  };
  return worse().clamp(0, 1);
}

}  // namespace timetrial::metrics
