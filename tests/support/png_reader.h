#pragma once
// Pictures that a browser took: PNG with 8-bit RGB or RGBA, not interlaced. For tests.
//
// Source  PNG specification, third edition, sections 5 and 9

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace timetrial::test {

struct Picture {
  using Colour = std::array<std::uint8_t, 3>;

  std::size_t width = 0, height = 0;
  std::size_t channels = 3;
  std::vector<std::uint8_t> bytes;  ///< row by row

  Colour at(std::size_t x, std::size_t y) const;
};

/// Throws std::runtime_error on anything else.
Picture read_png(const std::string& file);

}  // namespace timetrial::test
