#include "workloads/data/image_color.h"

#include "workloads/data/image_resize.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>

namespace timetrial::data {
namespace {

using Table = std::array<std::uint8_t, 256>;
using Histogram = std::array<std::int64_t, 256>;

std::uint8_t clipped(double value) {
  return static_cast<std::uint8_t>(std::clamp(static_cast<int>(value), 0, 255));
}

/// Pillow's blend: degenerate + factor * (image - degenerate), in float32.
at::Tensor blended(const at::Tensor& degenerate, const at::Tensor& image, double factor) {
  at::Tensor result = at::empty_like(image);
  const auto* from = degenerate.const_data_ptr<std::uint8_t>();
  const auto* to = image.const_data_ptr<std::uint8_t>();
  auto* out = result.mutable_data_ptr<std::uint8_t>();
  const auto alpha = static_cast<float>(factor);
  for (std::int64_t i = 0; i < image.numel(); ++i) {
    const float value =
        static_cast<float>(from[i]) + alpha * static_cast<float>(int{to[i]} - int{from[i]});
    out[i] = clipped(value);
  }
  return result;
}

/// Pillow's conversion to grey (ITU-R 601-2 luma) of the pixel at `rgb`.
std::uint8_t grey(const std::uint8_t* rgb) {
  return static_cast<std::uint8_t>((rgb[0] * 19595U + rgb[1] * 38470U + rgb[2] * 7471U + 0x8000U) >>
                                   16);
}

/// Every value of channel c through table_of(that channel's histogram).
at::Tensor mapped(const at::Tensor& image, const std::function<Table(const Histogram&)>& table_of) {
  std::array<Histogram, 3> histograms{};
  const auto* in = image.const_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < image.numel(); ++i)
    ++histograms[static_cast<std::size_t>(i % 3)][in[i]];
  const std::array<Table, 3> tables = {table_of(histograms[0]), table_of(histograms[1]),
                                       table_of(histograms[2])};
  at::Tensor result = at::empty_like(image);
  auto* out = result.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < image.numel(); ++i) {
    out[i] = tables[static_cast<std::size_t>(i % 3)][in[i]];
  }
  return result;
}

Table table(const std::function<double(int)>& value) {
  Table result;
  for (int i = 0; i < 256; ++i) result[static_cast<std::size_t>(i)] = clipped(value(i));
  return result;
}

/// The same table whatever the histogram.
at::Tensor mapped_alike(const at::Tensor& image, const std::function<double(int)>& value) {
  return mapped(image, [&](const Histogram&) { return table(value); });
}

Table stretched(const Histogram& histogram) {
  const auto used = [](std::int64_t count) { return count > 0; };
  const auto low = std::find_if(histogram.begin(), histogram.end(), used) - histogram.begin();
  const auto high =
      255 - (std::find_if(histogram.rbegin(), histogram.rend(), used) - histogram.rbegin());
  if (high <= low) return table([](int i) { return i; });
  const double scale = 255.0 / static_cast<double>(high - low);
  const double offset = -static_cast<double>(low) * scale;
  return table([&](int i) { return i * scale + offset; });
}

Table flattened(const Histogram& histogram) {
  std::int64_t total = 0, last = 0;
  int used = 0;
  for (const std::int64_t count : histogram) {
    if (count == 0) continue;
    total += count;
    last = count;
    ++used;
  }
  const std::int64_t step = (total - last) / 255;
  if (used <= 1 || step == 0) return table([](int i) { return i; });
  std::int64_t sum = step / 2;
  return table([&](int i) {
    const std::int64_t level = sum / step;
    sum += histogram[static_cast<std::size_t>(i)];
    return static_cast<double>(level);
  });
}

}  // namespace

at::Tensor brightness(const at::Tensor& image, double factor) {
  expect_image(image, "brightness");
  return blended(at::zeros_like(image), image, factor);
}

at::Tensor color(const at::Tensor& image, double factor) {
  expect_image(image, "color");
  at::Tensor greys = at::empty_like(image);
  const auto* in = image.const_data_ptr<std::uint8_t>();
  auto* out = greys.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < image.numel(); i += 3) std::fill_n(out + i, 3, grey(in + i));
  return blended(greys, image, factor);
}

at::Tensor contrast(const at::Tensor& image, double factor) {
  expect_image(image, "contrast");
  std::int64_t sum = 0;
  const auto* in = image.const_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < image.numel(); i += 3) sum += grey(in + i);
  const double mean = static_cast<double>(sum) / (static_cast<double>(image.numel()) / 3);
  return blended(at::full_like(image, static_cast<int>(mean + 0.5)), image, factor);
}

at::Tensor sharpness(const at::Tensor& image, double factor) {
  expect_image(image, "sharpness");
  at::Tensor smooth = image.clone();
  const std::int64_t height = image.size(0), row = image.size(1) * 3;
  const auto* in = image.const_data_ptr<std::uint8_t>();
  auto* out = smooth.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t y = 1; y + 1 < height; ++y) {
    for (std::int64_t x = 3; x + 3 < row; ++x) {
      const auto* centre = in + y * row + x;
      int sum = 4 * centre[0];  // and once more below
      for (const std::int64_t line : {-row, std::int64_t{0}, row}) {
        sum += centre[line - 3] + centre[line] + centre[line + 3];
      }
      out[y * row + x] = static_cast<std::uint8_t>((2 * sum + 13) / 26);  // sum / 13, rounded
    }
  }
  return blended(smooth, image, factor);
}

at::Tensor posterize(const at::Tensor& image, int bits) {
  expect_image(image, "posterize");
  return mapped_alike(image, [&](int i) { return i & ~((1 << (8 - bits)) - 1); });
}

at::Tensor solarize(const at::Tensor& image, int threshold) {
  expect_image(image, "solarize");
  return mapped_alike(image, [&](int i) { return i < threshold ? i : 255 - i; });
}

at::Tensor solarize_add(const at::Tensor& image, int addition) {
  expect_image(image, "solarize_add");
  return mapped_alike(image, [&](int i) { return i < 128 ? i + addition : i; });
}

at::Tensor invert(const at::Tensor& image) {
  expect_image(image, "invert");
  return mapped_alike(image, [](int i) { return 255 - i; });
}

at::Tensor auto_contrast(const at::Tensor& image) {
  expect_image(image, "auto_contrast");
  return mapped(image, stretched);
}

at::Tensor equalize(const at::Tensor& image) {
  expect_image(image, "equalize");
  return mapped(image, flattened);
}

}  // namespace timetrial::data
