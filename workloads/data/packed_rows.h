#pragma once
// Rows of equal length in the safetensors files of a folder, by index through mmap: the files in
// the order of their names, each with `rows` U8 [n, row_bytes]. Thread-safe.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace timetrial::tensorfile {
class Reader;
}

namespace timetrial::data {

class PackedRows {
 public:
  /// Throws DataError naming `remedy`, the command that makes them, when there are no files, or
  /// one with rows of another length.
  PackedRows(const std::filesystem::path& folder, std::size_t row_bytes, const std::string& remedy);

  std::int64_t size() const { return size_; }
  /// `row_bytes` bytes, valid as long as this object. Throws std::out_of_range.
  std::span<const std::byte> operator[](std::int64_t index) const;

 private:
  struct Shard {
    std::shared_ptr<const tensorfile::Reader> file;
    std::span<const std::byte> bytes;
    std::int64_t first = 0;  ///< index of its first row
  };
  std::size_t row_bytes_;
  std::vector<Shard> shards_;
  std::int64_t size_ = 0;
};

}  // namespace timetrial::data
