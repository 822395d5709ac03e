#pragma once
// fastMRI's single-coil knees as AlgoPerf splits them, prepared for `fastmri`.
//
//   <source>/knee_singlecoil_train/*.h5    training
//   <source>/knee_singlecoil_val/*.h5      sorted by name: the first 100 validation, the rest test
//
// Slices are in the order of the names. Each is masked, transformed, cropped and normalised here,
// once: its mask is the same in every epoch (fastmri_slice.h). docs/data/fastmri.md says more.
// Source  AlgoPerf's fastmri input pipeline (commit 2c90454fc05d)
// Errors  DataError: one line with what is missing or malformed, and the remedy

#include <cstdint>
#include <filesystem>

namespace timetrial::unet {

/// What AlgoPerf fixes.
struct FastMriLayout {
  std::int64_t image_size = 320;  ///< sides of a reconstruction
  std::int64_t validation_volumes = 100;
  std::int64_t train_subset = 3584;     ///< training slices that are evaluated
  std::int64_t slices_per_shard = 600;  ///< 0.5 GB of 320 x 320; a volume is never parted
};

/// Writes the shards of reconstruction.h; those that are there are kept.
void prepare_fastmri(const std::filesystem::path& source, const std::filesystem::path& out,
                     const FastMriLayout& layout = {});

/// What they will hold, from the shapes of the volumes.
std::uint64_t bytes_of_fastmri(const std::filesystem::path& source,
                               const FastMriLayout& layout = {});

}  // namespace timetrial::unet
