#pragma once
// A row of Criteo's click logs in 110 bytes, of which a text row has about 250; nothing that
// reaches the model is lost.
//
//   13 counts      float32, as they reach the model
//   26 categories  the id before it becomes a float32, little-endian, in as many bytes as its
//                  column's vocabulary needs: 57 in all
//   1 label        0 or 1

#include "workloads/data/criteo.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace timetrial::data {

/// Bytes of a category's id.
constexpr std::size_t id_bytes(std::int64_t vocabulary) {
  std::size_t bytes = 1;
  for (std::int64_t rest = (vocabulary - 1) >> 8; rest > 0; rest >>= 8) ++bytes;
  return bytes;
}

constexpr std::size_t packed_row_bytes() {
  std::size_t bytes = kCriteoCounts * sizeof(float) + 1;
  for (const std::int64_t vocabulary : kCriteoVocabularies) bytes += id_bytes(vocabulary);
  return bytes;
}
inline constexpr std::size_t kPackedRowBytes = packed_row_bytes();

/// `inputs` has kCriteoColumns values as the reader makes them; a label is 0 or 1. Throws
/// std::invalid_argument for anything else.
void pack_row(const float* inputs, float label, std::span<std::byte, kPackedRowBytes> out);
/// Fills kCriteoColumns inputs, and returns the label.
float unpack_row(std::span<const std::byte, kPackedRowBytes> row, float* inputs);

}  // namespace timetrial::data
