#pragma once
// Records of any length (encoded images, audio, text) in few big files, read by index.
//
//   data::Preparation preparation(out, "images", count);
//   data::write_records(preparation, "training/images", sizes, columns,
//                       [&](std::int64_t i) { return read_file(paths[i]); });
//
//   const data::Records images(training_dir / "images", "timetrial data prepare imagenet_vit");
//   decode(images[17]), images.column("labels", at::kShort, {})
//
// Layout   <stem>-00000-of-00148.safetensors and so on, shards of about a gigabyte, each with
//            bytes     U8 [n]            its records, one after the other, zeros up to a multiple
//            of 8 offsets   I64 [records + 1]  where each begins in `bytes`, and the last one ends
//            <column>  any type [records, ...]
// Memory   writing holds one record; reading maps the files, so processes share their pages.

#include "workloads/data/preparation.h"

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace timetrial::tensorfile {
class Reader;
}

namespace timetrial::data {

inline constexpr std::uint64_t kShardBytes = std::uint64_t{1} << 30;

/// Writes records 0 to sizes.size() - 1 under `stem` (a path below the preparation's folder); each
/// counts as one unit. `sizes` are their bytes, or an estimate, from which the shards are cut: the
/// same sizes give the same files, so that an interrupted preparation goes on. `columns` hold a
/// row per record. Throws std::invalid_argument unless there is a record and each column has a row
/// for each; what `record` throws goes through. What it returned is read before its next call.
void write_records(Preparation& preparation, const std::filesystem::path& stem,
                   std::span<const std::uint64_t> sizes,
                   const std::map<std::string, at::Tensor>& columns,
                   const std::function<std::string(std::int64_t index)>& record,
                   std::uint64_t shard_bytes = kShardBytes);

/// About how many bytes write_records() makes of them, without the columns.
std::uint64_t bytes_of_records(std::span<const std::uint64_t> sizes);

/// All records of a stem. Thread-safe.
class Records {
 public:
  /// Throws DataError naming the file and `remedy`, the command that makes it, when a shard is not
  /// there or its offsets do not fit; InputError when it is malformed.
  Records(const std::filesystem::path& stem, const std::string& remedy);

  std::int64_t size() const { return size_; }

  /// Valid as long as this object. Throws std::out_of_range.
  std::span<const std::byte> operator[](std::int64_t index) const;

  /// A column, all shards together, copied. Throws InputError when there is none of that name,
  /// DataError unless it has this type and its rows this shape.
  at::Tensor column(const std::string& name, c10::ScalarType type,
                    const std::vector<std::int64_t>& row_shape) const;

 private:
  struct Shard {
    std::shared_ptr<const tensorfile::Reader> file;
    std::span<const std::byte> bytes;
    at::Tensor offsets;
    std::int64_t first = 0;  ///< index of its first record
  };
  std::vector<Shard> shards_;
  std::int64_t size_ = 0;
};

}  // namespace timetrial::data
