#include "workloads/data/packed_rows.h"

#include "workloads/data/tensor_io.h"
#include "workloads/workload.h"

#include <algorithm>
#include <stdexcept>

namespace timetrial::data {

PackedRows::PackedRows(const std::filesystem::path& folder, std::size_t row_bytes,
                       const std::string& remedy)
    : row_bytes_(row_bytes) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  }
  if (files.empty()) {
    throw workloads::DataError(folder.string() +
                               ": no .safetensors files; make them with: " + remedy);
  }
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    const File file = open(path, remedy);
    const at::Tensor rows =
        read(file, "rows", at::kByte, {-1, static_cast<std::int64_t>(row_bytes)});
    shards_.push_back({file, file->bytes("rows"), size_});
    size_ += rows.size(0);
  }
}

std::span<const std::byte> PackedRows::operator[](std::int64_t index) const {
  if (index < 0 || index >= size_) {
    throw std::out_of_range("row " + std::to_string(index) + " is not in [0, " +
                            std::to_string(size_) + ")");
  }
  const auto after = std::upper_bound(
      shards_.begin(), shards_.end(), index,
      [](std::int64_t wanted, const Shard& shard) { return wanted < shard.first; });
  const Shard& shard = *std::prev(after);
  return shard.bytes.subspan(static_cast<std::size_t>(index - shard.first) * row_bytes_,
                             row_bytes_);
}

}  // namespace timetrial::data
