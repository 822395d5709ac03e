#include "workloads/data/image_geometry.h"

#include "workloads/data/image_resize.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace timetrial::data {
namespace {

constexpr int kGrey = 128;

/// From target to source: x' = a x + b y + c, y' = d x + e y + f, as {a, b, c, d, e, f}.
using Affine = std::array<double, 6>;

/// Pillow's 16.16 fixed point.
std::int64_t fixed(double value) {
  return static_cast<std::int64_t>(std::floor(value * 65536 + 0.5));
}

at::Tensor transformed(const at::Tensor& image, const Affine& m) {
  at::Tensor result = at::full_like(image, kGrey);
  const std::int64_t height = image.size(0), width = image.size(1);
  const auto* in = image.const_data_ptr<std::uint8_t>();
  auto* out = result.mutable_data_ptr<std::uint8_t>();
  // Pixel centres; Pillow adds up the steps along rows and columns in fixed point.
  const std::int64_t start_x = fixed(m[2] + m[0] * 0.5 + m[1] * 0.5);
  const std::int64_t start_y = fixed(m[5] + m[3] * 0.5 + m[4] * 0.5);
  const std::int64_t step_x = fixed(m[0]), row_x = fixed(m[1]);
  const std::int64_t step_y = fixed(m[3]), row_y = fixed(m[4]);
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x, out += 3) {
      const std::int64_t from_x = (start_x + x * step_x + y * row_x) >> 16;
      const std::int64_t from_y = (start_y + x * step_y + y * row_y) >> 16;
      if (from_x < 0 || from_x >= width || from_y < 0 || from_y >= height) continue;
      std::copy_n(in + (from_y * width + from_x) * 3, 3, out);
    }
  }
  return result;
}

/// As Python's round(value, 15).
double to_15_digits(double value) { return std::nearbyint(value * 1e15) / 1e15; }

}  // namespace

at::Tensor shear(const at::Tensor& image, double along_x, double along_y) {
  expect_image(image, "shear");
  // torchvision moves a pixel by [1, -tx; -ty, 1 + tx ty], of determinant 1; this is the inverse.
  return transformed(image, {1 + along_x * along_y, along_x, 0, along_y, 1, 0});
}

at::Tensor translate(const at::Tensor& image, std::int64_t right, std::int64_t down) {
  expect_image(image, "translate");
  return transformed(image, {1, 0, -static_cast<double>(right), 0, 1, -static_cast<double>(down)});
}

at::Tensor rotate(const at::Tensor& image, double degrees) {
  expect_image(image, "rotate");
  const double angle = -(degrees < 0 ? degrees + 360 : degrees) * M_PI / 180;
  const double cosine = to_15_digits(std::cos(angle)), sine = to_15_digits(std::sin(angle));
  const double x = static_cast<double>(image.size(1)) / 2,
               y = static_cast<double>(image.size(0)) / 2;
  return transformed(
      image, {cosine, sine, -cosine * x - sine * y + x, -sine, cosine, sine * x - cosine * y + y});
}

at::Tensor cutout(const at::Tensor& image, std::int64_t left, std::int64_t top, std::int64_t right,
                  std::int64_t bottom) {
  expect_image(image, "cutout");
  at::Tensor result = image.clone();
  left = std::max<std::int64_t>(left, 0);
  top = std::max<std::int64_t>(top, 0);
  right = std::min(right, image.size(1) - 1);
  bottom = std::min(bottom, image.size(0) - 1);
  if (left > right || top > bottom) return result;
  result.narrow(0, top, bottom - top + 1).narrow(1, left, right - left + 1).fill_(kGrey);
  return result;
}

}  // namespace timetrial::data
