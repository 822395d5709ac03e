#pragma once
// libpng behind two functions. What its pixels mean: image_decoding.h.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace timetrial::data {

struct PngSize {
  std::int64_t height = 0, width = 0;
};

bool is_png(std::span<const std::byte> bytes);

/// Throw workloads::DataError, beginning with `where`, for damaged files and 16 bits a channel.
PngSize png_size(std::span<const std::byte> bytes, const std::string& where);
/// Fills [height, width, 3].
void decode_png(std::span<const std::byte> bytes, const std::string& where, std::uint8_t* out);

}  // namespace timetrial::data
