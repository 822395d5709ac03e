#pragma once
// One array of numbers from a file of NumPy's own format.
//
//   const at::Tensor image = data::read_npy(folder / "0.npy", "docs/data/cityscapes.md says …");
//
// Read are versions 1 to 3, little-endian floats of 2, 4 and 8 bytes, signed integers and bytes, in
// C order; everything else is refused.
//
// Source  "numpy.lib.format" in NumPy's reference

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>

namespace timetrial::data {

/// Of the shape and type in the file. Throws workloads::DataError naming the file, what is wrong
/// with it, and `remedy`.
at::Tensor read_npy(const std::filesystem::path& file, const std::string& remedy);

}  // namespace timetrial::data
