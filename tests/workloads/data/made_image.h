#pragma once
// Images by a formula, the same as scripts/make-pillow-fixtures.py makes.

#include <ATen/ATen.h>

namespace timetrial::test {

/// Slopes, edges and noise between `low` and `low + span - 1`; uint8 [height, width, 3].
inline at::Tensor made_image(int height, int width, int low, int span) {
  at::Tensor image = at::empty({height, width, 3}, at::kByte);
  auto* out = image.mutable_data_ptr<std::uint8_t>();
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        *out++ = static_cast<std::uint8_t>(
            low + (x * 3 + y * 5 + c * 40 + (x * y * 7 + c * x) % 31) % span);
      }
    }
  }
  return image;
}

}  // namespace timetrial::test
