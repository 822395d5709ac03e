#include "tests/support/png_reader.h"

#include <zlib.h>

#include <cstdlib>
#include <stdexcept>

namespace timetrial::test {
namespace {

std::uint8_t byte_at(const std::string& file, std::size_t at) {
  return static_cast<std::uint8_t>(file.at(at));
}

std::size_t number_at(const std::string& file, std::size_t at) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | byte_at(file, at + i);
  return value;
}

std::string inflated(const std::string& data, std::size_t size) {
  std::string result(size, '\0');
  uLongf length = size;
  const auto* from = reinterpret_cast<const Bytef*>(data.data());
  if (uncompress(reinterpret_cast<Bytef*>(result.data()), &length, from, data.size()) != Z_OK ||
      length != size) {
    throw std::runtime_error("a PNG with damaged pixels");
  }
  return result;
}

/// Whichever of left, above and above left is nearest to left + above - above left.
int paeth(int left, int above, int corner) {
  const int guess = left + above - corner;
  const int to_left = std::abs(guess - left), to_above = std::abs(guess - above),
            to_corner = std::abs(guess - corner);
  if (to_left <= to_above && to_left <= to_corner) return left;
  return to_above <= to_corner ? above : corner;
}

int predicted(int filter, int left, int above, int corner) {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return (left + above) / 2;
    default:
      return paeth(left, above, corner);
  }
}

void undo_filters(const std::string& lines, Picture& picture) {
  const std::size_t stride = picture.width * picture.channels;
  for (std::size_t y = 0; y < picture.height; ++y) {
    const int filter = byte_at(lines, y * (stride + 1));
    for (std::size_t x = 0; x < stride; ++x) {
      const std::size_t to = y * stride + x;
      const bool has_left = x >= picture.channels, has_above = y > 0;
      const int left = has_left ? picture.bytes[to - picture.channels] : 0;
      const int above = has_above ? picture.bytes[to - stride] : 0;
      const int corner = has_left && has_above ? picture.bytes[to - stride - picture.channels] : 0;
      picture.bytes[to] = static_cast<std::uint8_t>(byte_at(lines, y * (stride + 1) + 1 + x) +
                                                    predicted(filter, left, above, corner));
    }
  }
}

}  // namespace

Picture::Colour Picture::at(std::size_t x, std::size_t y) const {
  const std::size_t from = (y * width + x) * channels;
  return {bytes.at(from), bytes.at(from + 1), bytes.at(from + 2)};
}

Picture read_png(const std::string& file) {
  constexpr std::size_t kHeader = 16;  // after the signature, and length and name of IHDR
  const int depth = byte_at(file, kHeader + 8), colours = byte_at(file, kHeader + 9);
  if (depth != 8 || (colours != 2 && colours != 6) || byte_at(file, kHeader + 12) != 0) {
    throw std::runtime_error("a PNG of another kind than RGB or RGBA with 8 bits");
  }
  Picture picture;
  picture.width = number_at(file, kHeader);
  picture.height = number_at(file, kHeader + 4);
  picture.channels = colours == 2 ? 3 : 4;
  picture.bytes.resize(picture.width * picture.height * picture.channels);
  std::string data;
  for (std::size_t at = 8; at + 8 <= file.size(); at += 12 + number_at(file, at)) {
    if (file.compare(at + 4, 4, "IDAT") == 0) data += file.substr(at + 8, number_at(file, at));
  }
  undo_filters(inflated(data, picture.height * (picture.width * picture.channels + 1)), picture);
  return picture;
}

}  // namespace timetrial::test
