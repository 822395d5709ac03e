#pragma once
// Cityscapes, made smaller: streets with a class of seven and an inverse depth for each pixel.
//
// Source    Cordts et al. 2016 (arXiv 1604.01685), as Liu, Johns and Davison 2019 (arXiv
// 1803.10704)
//           publish it, in NumPy's files of 128 x 256 pixels. Its user brings it:
//           docs/data/cityscapes.md says how the folder must lie
// Splits    of the 2,975 of train 595 by chance, always the same ones, validate and 2,380 train;
//           test: the 500 of val. Train subset: 595 training images by chance
// Prepared  a task table (workloads/multitask/task_table.h): inputs float32 [n, 128, 256, 3],
// targets
//           float32 [n, 2, 128, 256]

#include <cstdint>
#include <filesystem>

namespace timetrial::cityscapes {

/// What must be there. Tests have smaller sets.
struct Counts {
  std::int64_t training = 2'380, validation = 595, test = 500;
};

/// Throws DataError naming the first thing that is missing, malformed or of another number.
void prepare(const std::filesystem::path& source, const std::filesystem::path& out,
             const Counts& counts = {});
std::uint64_t bytes_to_prepare(const std::filesystem::path& source, const Counts& counts = {});

}  // namespace timetrial::cityscapes
