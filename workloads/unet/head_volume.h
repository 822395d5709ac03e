#pragma once
// A head as a NIfTI file has it (.nii or .nii.gz), and which of its slices show enough of it.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::unet {

/// Values float32 [X, Y, Z], divided by the largest, so from 0 to 1. `remedy` ends the message.
/// Throws DataError naming the file when it is missing, cut short, not of three dimensions, longer
/// than 512 values along one, not of 8-bit values, or all zero.
at::Tensor read_head(const std::filesystem::path& file, const std::string& remedy);

/// Indices along `axis` (0, 1, 2) of the slices that have more than a tenth of their values above a
/// tenth of the volume's largest.
std::vector<std::int64_t> slices_with_signal(const at::Tensor& head, std::int64_t axis);

/// One slice at a lower resolution: means of `factor` x `factor` values (what is left of a row or
/// column is dropped), then its centre, cut or filled up with zeros to [size, size].
at::Tensor reduced_slice(const at::Tensor& head, std::int64_t axis, std::int64_t index,
                         std::int64_t factor, std::int64_t size);

}  // namespace timetrial::unet
