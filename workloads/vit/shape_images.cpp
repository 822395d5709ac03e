#include "workloads/vit/shape_images.h"

#include <ATen/ops/empty.h>
#include <timetrial/random.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace timetrial::vit {
namespace {

// Of white, which is 1.
constexpr double kGround = 0.3, kInside = 0.7, kTextureDepth = 0.15, kNoise = 0.08;
constexpr std::int64_t kNoises = 6;  // the first texture that is one
// Pixels; radians.
constexpr double kLeastRadius = 8, kMostRadius = 13, kMostShift = 3, kMostTurn = 0.2;

/// Mean 0 and variance 1, from the sum of the four parts of one random number: near enough to a
/// normal number for noise.
double noise(Random& random) {
  std::uint64_t bits = random();
  double sum = 0;
  for (int i = 0; i < 4; ++i, bits >>= 16) sum += static_cast<double>(bits & 0xFFFF) / 65536;
  return (sum - 2) * std::numbers::sqrt3;
}

double between(Random& random, double low, double high) {
  return low + (high - low) * random.uniform();
}

/// Whether (u, v), in radii from the middle, lies in the shape.
bool is_inside(std::int64_t shape, double u, double v) {
  const double radius = std::hypot(u, v), across = std::abs(u), along = std::abs(v);
  switch (shape) {
    case 0:
      return radius < 0.95;
    case 1:
      return std::max(across, along) < 0.8;
    case 2:
      return v < 0.75 && across < (v + 0.95) * 0.58;
    case 3:
      return std::max(across, along) < 0.95 && std::min(across, along) < 0.33;
    case 4:
      return radius < 0.98 && radius > 0.55;
    case 5:
      return across + along < 1.1;
    case 6:
      return radius < 0.62 + 0.36 * std::cos(5 * std::atan2(u, v));
    default:
      return along < 0.9 && across < along;
  }
}

/// In [-1, 1] at a pixel.
class Texture {
 public:
  Texture(std::int64_t kind, Random& random)
      : kind_(kind), phase_(between(random, 0, 2 * std::numbers::pi)) {
    if (kind_ < kNoises) return;
    for (double& value : noise_) value = between(random, -1, 1);
  }

  double operator()(std::int64_t x, std::int64_t y) const {
    constexpr double kNarrow = std::numbers::pi / 2, kWide = std::numbers::pi / 4;
    const double column = static_cast<double>(x), row = static_cast<double>(y);
    switch (kind_) {
      case 0:
        return std::sin(kNarrow * column + phase_);
      case 1:
        return std::sin(kNarrow * row + phase_);
      case 2:
        return std::sin(kNarrow * (column + row) * std::numbers::sqrt2 / 2 + phase_);
      case 3:
        return std::sin(kNarrow * (column - row) * std::numbers::sqrt2 / 2 + phase_);
      case 4:
        return std::sin(kNarrow * column + phase_) * std::sin(kNarrow * row + phase_);
      case 5:
        return std::sin(kWide * column + phase_);
      case kNoises:
        return noise_at(x, y);
      default:
        return noise_at(x / 2, y / 2);
    }
  }

 private:
  double noise_at(std::int64_t x, std::int64_t y) const {
    return noise_[static_cast<std::size_t>(y * kShapeSide + x)];
  }

  std::int64_t kind_;
  double phase_;
  std::array<double, kShapeSide * kShapeSide> noise_{};
};

void draw(std::int64_t shape, std::int64_t texture_kind, Random& random, std::uint8_t* pixels) {
  const double radius = between(random, kLeastRadius, kMostRadius);
  constexpr double kMiddle = kShapeSide / 2.0;
  const double left = kMiddle + between(random, -kMostShift, kMostShift),
               top = kMiddle + between(random, -kMostShift, kMostShift);
  const double turn = between(random, -kMostTurn, kMostTurn);
  const double cosine = std::cos(turn), sine = std::sin(turn);
  const Texture texture(texture_kind, random);
  for (std::int64_t y = 0; y < kShapeSide; ++y) {
    for (std::int64_t x = 0; x < kShapeSide; ++x) {
      const double right = (static_cast<double>(x) + 0.5 - left) / radius,
                   down = (static_cast<double>(y) + 0.5 - top) / radius;
      const bool inside =
          is_inside(shape, cosine * right + sine * down, cosine * down - sine * right);
      const double light =
          (inside ? kInside + kTextureDepth * texture(x, y) : kGround) + kNoise * noise(random);
      *pixels++ = static_cast<std::uint8_t>(std::lround(255 * std::clamp(light, 0.0, 1.0)));
    }
  }
}

std::int64_t texture_of(std::int64_t shape, const TextureChoice& choice, Random& random) {
  const bool agrees = random.uniform() < choice.agreement;
  const auto other = static_cast<std::int64_t>(random.below(kTextures - 1));
  return agrees ? shape : (shape + 1 + other) % kTextures;
}

}  // namespace

ShapeImages draw_shapes(std::int64_t count, const TextureChoice& choice, std::uint64_t seed) {
  ShapeImages drawn{at::empty({count, kShapeSide, kShapeSide}, at::kByte),
                    at::empty({count}, at::kByte), at::empty({count}, at::kLong)};
  auto* pixels = drawn.images.mutable_data_ptr<std::uint8_t>();
  auto* shapes = drawn.shapes.mutable_data_ptr<std::uint8_t>();
  auto* textures = drawn.textures.mutable_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < count; ++i, pixels += kShapeSide * kShapeSide) {
    Random random(derive_seed(seed, "example", static_cast<std::uint64_t>(i)));
    const std::int64_t shape = i % kShapes;
    const std::int64_t texture = texture_of(shape, choice, random);
    draw(shape, texture, random, pixels);
    shapes[i] = static_cast<std::uint8_t>(shape);
    textures[i] = texture;
  }
  return drawn;
}

}  // namespace timetrial::vit
