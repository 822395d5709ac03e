#include "workloads/data/criteo_row.h"

#include <cstring>
#include <stdexcept>

namespace timetrial::data {

void pack_row(const float* inputs, float label, std::span<std::byte, kPackedRowBytes> out) {
  if (label != 0 && label != 1) throw std::invalid_argument("criteo: a label is 0 or 1");
  std::memcpy(out.data(), inputs, kCriteoCounts * sizeof(float));
  std::byte* at = out.data() + kCriteoCounts * sizeof(float);
  for (std::size_t column = 0; column < kCriteoCategories; ++column) {
    const std::int64_t vocabulary = kCriteoVocabularies[column];
    const float value = inputs[kCriteoCounts + column];
    // float32 rounds large ids, the largest one up to the vocabulary itself.
    if (!(value >= 0 && value <= static_cast<float>(vocabulary))) {
      throw std::invalid_argument("criteo: an id is outside its vocabulary");
    }
    auto id = static_cast<std::uint32_t>(value);
    for (std::size_t i = 0; i < id_bytes(vocabulary); ++i, id >>= 8) {
      *at++ = static_cast<std::byte>(id);
    }
  }
  *at = static_cast<std::byte>(label);
}

float unpack_row(std::span<const std::byte, kPackedRowBytes> row, float* inputs) {
  std::memcpy(inputs, row.data(), kCriteoCounts * sizeof(float));
  const std::byte* at = row.data() + kCriteoCounts * sizeof(float);
  for (std::size_t column = 0; column < kCriteoCategories; ++column) {
    std::uint32_t id = 0;
    const std::size_t bytes = id_bytes(kCriteoVocabularies[column]);
    for (std::size_t i = 0; i < bytes; ++i) {
      id |= std::to_integer<std::uint32_t>(*at++) << (8 * i);
    }
    inputs[kCriteoCounts + column] = static_cast<float>(id);
  }
  return std::to_integer<int>(*at) != 0 ? 1.F : 0.F;
}

}  // namespace timetrial::data
