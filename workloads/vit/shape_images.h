#pragma once
// Made-up grey images of one shape with one texture each, 32 x 32 pixels: which of the two does a
// classifier look at?
//
// Shapes    disc, square, triangle, cross, ring, diamond, star, hourglass; near the middle, of
//           random size and small turn, lighter than the noise around them
// Textures  stripes (four directions), a chequerboard, wide stripes, pixel noise, noise in squares
//           of 2 x 2 pixels; with a random phase
// An example is a function of a seed and its number alone.

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace timetrial::vit {

constexpr std::int64_t kShapeSide = 32, kShapes = 8, kTextures = 8;

/// What texture an example has, given its shape.
struct TextureChoice {
  /// How often it is the one with the number of the shape; otherwise it is one of the others.
  double agreement = 1.0 / kTextures;
};

struct ShapeImages {
  at::Tensor images;    ///< uint8 [n, 32, 32]
  at::Tensor shapes;    ///< uint8 [n], in [0, kShapes)
  at::Tensor textures;  ///< int64 [n], in [0, kTextures)
};

ShapeImages draw_shapes(std::int64_t count, const TextureChoice& choice, std::uint64_t seed);

}  // namespace timetrial::vit
