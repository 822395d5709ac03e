#pragma once
// The IDX format of MNIST and its successors, compressed with gzip, unsigned bytes only.
//
// Layout  magic 0x00000800 + number of dimensions, then each dimension, big-endian 32 bits, then
// the
//         values, row-major
// Source  LeCun, Cortes, Burges: "The MNIST database", section "File formats"

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <vector>

namespace timetrial::data {

/// The values, uint8, of shape `shape`. Throws DataError naming the file, what it holds and what
/// was expected: another magic number, other dimensions, too few or too many values.
at::Tensor read_idx(const std::filesystem::path& file, const std::vector<std::int64_t>& shape);

}  // namespace timetrial::data
