#pragma once
// One volume of fastMRI's single-coil knees, an HDF5 file:
//
//   kspace              complex64 [slices, H, W], as h5py writes it: a pair of float32 "r" and "i"
//   reconstruction_esc  float32 [slices, h, w], h <= H and w <= W
//   attribute max       the largest value of the volume; 0 where there is none, as in AlgoPerf
//
// Source  Zbontar et al. 2018 (arXiv 1811.08839)
// Errors  DataError: one line with the file, what was expected and the remedy

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>

namespace timetrial::unet {

class FastMriVolume {
 public:
  /// Opens the file and looks at its shapes; reads no slice yet.
  explicit FastMriVolume(std::filesystem::path file);
  ~FastMriVolume();
  FastMriVolume(FastMriVolume&&) noexcept;

  std::int64_t slices() const;
  std::int64_t target_height() const;
  std::int64_t target_width() const;
  double volume_max() const;

  at::Tensor kspace(std::int64_t slice) const;  ///< complex64 [H, W]
  at::Tensor target(std::int64_t slice) const;  ///< float32 [h, w]

 private:
  struct Open;
  std::unique_ptr<const Open> open_;
};

}  // namespace timetrial::unet
