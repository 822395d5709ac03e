#pragma once
// Prepared slices of one split, in one or more files (shards) that are mapped, not read.
//
// On disk  <split>-<i>-of-<n>.safetensors, both numbers with five digits, i from 00000: inputs,
//          targets F32 [N, H, W], both with the inputs' mean and deviation taken out; mean, std,
//          volume_max F32 [N]
// Threads  reading is safe from several

#include "workloads/unet/fastmri_slice.h"

#include <timetrial/batch.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace timetrial::unet {

/// "train-00000-of-00003.safetensors".
std::string shard_name(const std::string& split, std::size_t shard, std::size_t shards);

/// Collects slices in memory, then writes them as one shard.
class ShardBuilder {
 public:
  /// Room for `slices` images of `height` x `width`.
  ShardBuilder(std::int64_t slices, std::int64_t height, std::int64_t width);

  /// Throws std::invalid_argument for another size, std::logic_error when it is full.
  void add(const Slice& slice, double volume_max);
  /// The same, already normalised: row `index` of a batch that SliceSet::gather made.
  void add(const Batch& batch, std::int64_t index);
  std::int64_t size() const { return size_; }
  /// What was added so far.
  void write(const std::filesystem::path& file) const;

 private:
  std::map<std::string, at::Tensor> tensors_;
  std::int64_t size_ = 0;
};

class SliceSet {
 public:
  /// All shards of a split. Throws DataError naming the file that is missing or malformed, and
  /// `remedy`, the command that makes it.
  SliceSet(const std::filesystem::path& folder, const std::string& split,
           const std::string& remedy);

  std::int64_t size() const { return begin_.back(); }
  /// The batch that unet.h describes, weights 1, in the order of the indices. Throws
  /// std::out_of_range for an index that is not in [0, size()).
  Batch gather(std::span<const std::int64_t> indices) const;

 private:
  std::vector<std::map<std::string, at::Tensor>> shards_;
  std::vector<std::int64_t> begin_{0};  ///< of each shard, then the size
};

}  // namespace timetrial::unet
