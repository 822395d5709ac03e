#include "workloads/data/image_crop.h"

#include "workloads/data/image_resize.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace timetrial::data {
namespace {

constexpr double kSmallestArea = 0.08, kLargestArea = 1;
constexpr double kNarrowest = 3.0 / 4, kWidest = 4.0 / 3;
constexpr int kAttempts = 10;

/// As Python's round(): halves to even.
std::int64_t rounded(double value) { return static_cast<std::int64_t>(std::nearbyint(value)); }

double between(double low, double high, Random& random) {
  return low + (high - low) * random.uniform();
}

std::int64_t whole_below(std::int64_t bound, Random& random) {
  return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(bound)));
}

Box in_the_middle(std::int64_t height, std::int64_t width, std::int64_t h, std::int64_t w) {
  return {(height - h) / 2, (width - w) / 2, h, w};
}

}  // namespace

at::Tensor crop(const at::Tensor& image, const Box& box) {
  expect_image(image, "crop");
  if (box.top < 0 || box.left < 0 || box.height < 1 || box.width < 1 ||
      box.top + box.height > image.size(0) || box.left + box.width > image.size(1)) {
    throw std::invalid_argument("crop: the box is not within the image");
  }
  return image.narrow(0, box.top, box.height).narrow(1, box.left, box.width).contiguous();
}

Box random_resized_box(std::int64_t height, std::int64_t width, Random& random) {
  const double area = static_cast<double>(height * width);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const double target = area * between(kSmallestArea, kLargestArea, random);
    const double aspect = std::exp(between(std::log(kNarrowest), std::log(kWidest), random));
    const std::int64_t w = rounded(std::sqrt(target * aspect));
    const std::int64_t h = rounded(std::sqrt(target / aspect));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    const std::int64_t top = whole_below(height - h + 1, random);
    return {top, whole_below(width - w + 1, random), h, w};
  }
  const double aspect = static_cast<double>(width) / static_cast<double>(height);
  if (aspect < kNarrowest) {
    return in_the_middle(height, width, rounded(static_cast<double>(width) / kNarrowest), width);
  }
  if (aspect > kWidest) {
    return in_the_middle(height, width, height, rounded(static_cast<double>(height) * kWidest));
  }
  return {0, 0, height, width};
}

Box central_box(std::int64_t height, std::int64_t width, std::int64_t side) {
  if (side < 1 || side > height || side > width) {
    throw std::invalid_argument("central_box: the side is not within the image");
  }
  return {rounded(static_cast<double>(height - side) / 2),
          rounded(static_cast<double>(width - side) / 2), side, side};
}

at::Tensor middle_of_resized(const at::Tensor& image, std::int64_t short_side, std::int64_t side) {
  expect_image(image, "middle_of_resized");
  const std::int64_t shorter = std::min(image.size(0), image.size(1));
  const std::int64_t height = short_side * image.size(0) / shorter;
  const std::int64_t width = short_side * image.size(1) / shorter;
  return resize_bilinear(image, height, width, central_box(height, width, side));
}

at::Tensor random_padded_crop(const at::Tensor& image, std::int64_t padding, Random& random) {
  expect_image(image, "random_padded_crop");
  const std::int64_t height = image.size(0), width = image.size(1);
  const at::Tensor padded = at::constant_pad_nd(image, {0, 0, padding, padding, padding, padding});
  const std::int64_t top = whole_below(2 * padding + 1, random);
  return crop(padded, {top, whole_below(2 * padding + 1, random), height, width});
}

at::Tensor random_flip(const at::Tensor& image, Random& random) {
  expect_image(image, "random_flip");
  return random.uniform() < 0.5 ? image.flip(1) : image;
}

at::Tensor normalise(const at::Tensor& image, const ChannelStatistics& statistics) {
  expect_image(image, "normalise");
  const std::int64_t pixels = image.size(0) * image.size(1);
  at::Tensor inputs = at::empty({3, image.size(0), image.size(1)});
  for (std::int64_t c = 0; c < 3; ++c) {
    // One value for each of the 256 that a pixel can have.
    const auto channel = static_cast<std::size_t>(c);
    const at::Tensor table = at::arange(256, at::kFloat).div_(255);
    table.sub_(statistics.mean[channel]).div_(statistics.std[channel]);
    const float* normalised = table.const_data_ptr<float>();
    const auto* pixel = image.const_data_ptr<std::uint8_t>() + c;
    float* out = inputs.mutable_data_ptr<float>() + c * pixels;
    for (std::int64_t i = 0; i < pixels; ++i) out[i] = normalised[pixel[3 * i]];
  }
  return inputs;
}

}  // namespace timetrial::data
