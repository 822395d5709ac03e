#include "workloads/data/image_resize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace timetrial::data {
namespace {

constexpr std::int64_t kChannels = 3;

void expect_size(std::int64_t height, std::int64_t width) {
  if (height < 1 || width < 1) {
    throw std::invalid_argument("resize: the size must be at least 1 x 1, not " +
                                std::to_string(height) + " x " + std::to_string(width));
  }
}

// --- Pillow's bilinear
// ----------------------------------------------------------------------------

constexpr int kPrecisionBits = 32 - 8 - 2;  // of Pillow's fixed-point weights

/// The source pixels of one target pixel: [first, first + weights.size()).
struct Taps {
  std::int64_t first = 0;
  std::vector<std::int32_t> weights;
};

std::vector<Taps> bilinear_taps(std::int64_t from, std::int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double support = std::max(scale, 1.0);
  std::vector<Taps> all(static_cast<std::size_t>(to));
  for (std::int64_t out = 0; out < to; ++out) {
    const double centre = (static_cast<double>(out) + 0.5) * scale;
    const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(centre - support + 0.5), 0);
    const auto last =
        std::min<std::int64_t>(static_cast<std::int64_t>(centre + support + 0.5), from);
    std::vector<double> weights;
    double sum = 0;
    for (std::int64_t in = first; in < last; ++in) {
      const double distance = std::fabs((static_cast<double>(in) - centre + 0.5) / support);
      weights.push_back(distance < 1 ? 1 - distance : 0);
      sum += weights.back();
    }
    Taps& taps = all[static_cast<std::size_t>(out)];
    taps.first = first;
    for (const double weight : weights) {
      taps.weights.push_back(static_cast<std::int32_t>(0.5 + weight / sum * (1 << kPrecisionBits)));
    }
  }
  return all;
}

std::uint8_t rounded(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

/// One target pixel from source pixels side by side.
void blend(const Taps& taps, const std::uint8_t* in, std::uint8_t* out) {
  constexpr std::int32_t kHalf = 1 << (kPrecisionBits - 1);  // rounds
  std::int32_t red = kHalf, green = kHalf, blue = kHalf;     // a loop over them is twice as slow
  for (const std::int32_t weight : taps.weights) {
    red += weight * in[0];
    green += weight * in[1];
    blue += weight * in[2];
    in += kChannels;
  }
  out[0] = rounded(red);
  out[1] = rounded(green);
  out[2] = rounded(blue);
}

/// One target row from source rows that lie one after the other: as blend(), but row by row, which
/// compilers turn into vector instructions.
void blend_rows(const Taps& taps, const std::uint8_t* in, std::vector<std::int32_t>& sums,
                std::uint8_t* out) {
  const std::size_t row = sums.size();
  std::fill(sums.begin(), sums.end(), 1 << (kPrecisionBits - 1));
  for (const std::int32_t weight : taps.weights) {
    for (std::size_t i = 0; i < row; ++i) sums[i] += weight * in[i];
    in += row;
  }
  for (std::size_t i = 0; i < row; ++i) {
    out[i] = rounded(sums[i]);
  }
}

// --- TensorFlow's bicubic
// -------------------------------------------------------------------------

constexpr int kTableSteps = 1024;

/// Keys' cubic at distance step / 1024 (near) and one further (far).
struct Cubic {
  std::array<float, kTableSteps + 1> near, far;
  Cubic() {
    constexpr double a = -0.5;
    for (int i = 0; i <= kTableSteps; ++i) {
      float x = static_cast<float>(i) / kTableSteps;
      const auto at = static_cast<std::size_t>(i);
      near[at] = static_cast<float>(((a + 2) * x - (a + 3)) * x * x + 1);
      x += 1;
      far[at] = static_cast<float>(((a * x - 5 * a) * x + 8 * a) * x - 4 * a);
    }
  }
};

struct CubicTaps {
  std::array<std::int64_t, 4> index;
  std::array<float, 4> weight;
};

std::vector<CubicTaps> cubic_taps(std::int64_t from, std::int64_t to) {
  static const Cubic cubic;
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  std::vector<CubicTaps> all(static_cast<std::size_t>(to));
  for (std::int64_t out = 0; out < to; ++out) {
    const float place = (static_cast<float>(out) + 0.5F) * scale - 0.5F;
    const auto before = static_cast<std::int64_t>(std::floor(place));
    const auto step = static_cast<std::size_t>(
        std::lrint((place - static_cast<float>(before)) * static_cast<float>(kTableSteps)));
    const std::array<float, 4> weights = {cubic.far[step], cubic.near[step],
                                          cubic.near[kTableSteps - step],
                                          cubic.far[kTableSteps - step]};
    CubicTaps& taps = all[static_cast<std::size_t>(out)];
    float sum = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const std::int64_t index = before - 1 + static_cast<std::int64_t>(i);
      taps.index[i] = std::clamp<std::int64_t>(index, 0, from - 1);
      taps.weight[i] = taps.index[i] == index ? weights[i] : 0;
      sum += taps.weight[i];
    }
    for (float& weight : taps.weight) weight /= sum;
  }
  return all;
}

}  // namespace

void expect_image(const at::Tensor& image, const char* who) {
  if (image.dim() == 3 && image.size(2) == kChannels && image.scalar_type() == at::kByte &&
      image.is_contiguous() && image.device().is_cpu() && image.numel() > 0) {
    return;
  }
  throw std::invalid_argument(std::string(who) +
                              ": an image must be uint8 [H, W, 3], contiguous and on the CPU");
}

at::Tensor resize_bilinear(const at::Tensor& image, std::int64_t height, std::int64_t width) {
  return resize_bilinear(image, height, width, {0, 0, height, width});
}

at::Tensor resize_bilinear(const at::Tensor& image, std::int64_t height, std::int64_t width,
                           const Box& part) {
  expect_image(image, "resize_bilinear");
  expect_size(height, width);
  expect_size(part.height, part.width);
  const std::int64_t columns = image.size(1), row_bytes = part.width * kChannels;
  const auto across = bilinear_taps(columns, width), down = bilinear_taps(image.size(0), height);
  const auto part_across = std::span(across).subspan(static_cast<std::size_t>(part.left),
                                                     static_cast<std::size_t>(part.width));
  const auto part_down = std::span(down).subspan(static_cast<std::size_t>(part.top),
                                                 static_cast<std::size_t>(part.height));
  // Only rows that the part is made of are narrowed.
  const std::int64_t first = part_down.front().first;
  const std::int64_t end = part_down.back().first + std::ssize(part_down.back().weights);
  const at::Tensor narrowed = at::empty({end - first, part.width, kChannels}, at::kByte);
  auto* middle = narrowed.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t y = first; y < end; ++y) {
    const auto* row = image.const_data_ptr<std::uint8_t>() + y * columns * kChannels;
    for (const Taps& taps : part_across) {
      blend(taps, row + taps.first * kChannels, middle);
      middle += kChannels;
    }
  }
  at::Tensor resized = at::empty({part.height, part.width, kChannels}, at::kByte);
  const auto* source = narrowed.const_data_ptr<std::uint8_t>();
  auto* out = resized.mutable_data_ptr<std::uint8_t>();
  std::vector<std::int32_t> sums(static_cast<std::size_t>(row_bytes));
  for (const Taps& taps : part_down) {
    blend_rows(taps, source + (taps.first - first) * row_bytes, sums, out);
    out += row_bytes;
  }
  return resized;
}

at::Tensor resize_bicubic_tensorflow(const at::Tensor& image, std::int64_t height,
                                     std::int64_t width) {
  expect_image(image, "resize_bicubic_tensorflow");
  expect_size(height, width);
  const auto across = cubic_taps(image.size(1), width), down = cubic_taps(image.size(0), height);
  const std::int64_t row_bytes = image.size(1) * kChannels;
  at::Tensor resized = at::empty({height, width, kChannels}, at::kFloat);
  const auto* in = image.const_data_ptr<std::uint8_t>();
  float* out = resized.mutable_data_ptr<float>();
  for (const CubicTaps& row : down) {
    for (const CubicTaps& column : across) {
      for (std::int64_t c = 0; c < kChannels; ++c) {
        float sum = 0;
        for (std::size_t j = 0; j < 4; ++j) {
          float along = 0;  // one column of the 4 x 4 neighbours
          for (std::size_t i = 0; i < 4; ++i) {
            along +=
                row.weight[i] *
                static_cast<float>(in[row.index[i] * row_bytes + column.index[j] * kChannels + c]);
          }
          sum += column.weight[j] * along;
        }
        *out++ = sum;
      }
    }
  }
  return resized;
}

}  // namespace timetrial::data
