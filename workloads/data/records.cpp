#include "workloads/data/records.h"

#include "harness/tensorfile/stream_writer.h"
#include "workloads/data/tensor_io.h"
#include "workloads/workload.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace timetrial::data {
namespace {

constexpr std::uint64_t kAlignment = 8;  // of the offsets, which follow the bytes

std::uint64_t padding(std::uint64_t bytes) {
  return (kAlignment - bytes % kAlignment) % kAlignment;
}

struct Range {
  std::int64_t begin = 0, end = 0;
};

/// As many records in a row as fit a shard; a record that does not fit has one to itself.
std::vector<Range> cut(std::span<const std::uint64_t> sizes, std::uint64_t shard_bytes) {
  std::vector<Range> shards;
  std::uint64_t bytes = 0;
  for (std::int64_t i = 0; i < std::ssize(sizes); ++i) {
    const std::uint64_t size = sizes[static_cast<std::size_t>(i)];
    if (shards.empty() || bytes + size > shard_bytes) {
      shards.push_back({i, i});
      bytes = 0;
    }
    bytes += size;
    shards.back().end = i + 1;
  }
  return shards;
}

std::string five_digits(std::size_t number) {
  const std::string digits = std::to_string(number);
  return std::string(5 - std::min<std::size_t>(5, digits.size()), '0') + digits;
}

std::filesystem::path shard_file(const std::filesystem::path& stem, std::size_t shard,
                                 std::size_t shards) {
  return stem.string() + "-" + five_digits(shard) + "-of-" + five_digits(shards) + ".safetensors";
}

void write_shard(const std::filesystem::path& partial, const Range& range,
                 const std::map<std::string, at::Tensor>& columns, Preparation& preparation,
                 const std::function<std::string(std::int64_t)>& record) {
  tensorfile::StreamWriter writer(partial, "bytes", "U8", {});
  const at::Tensor offsets = at::empty({range.end - range.begin + 1}, at::kLong);
  auto* offset = offsets.mutable_data_ptr<std::int64_t>();
  for (std::int64_t i = range.begin; i < range.end; ++i) {
    *offset++ = static_cast<std::int64_t>(writer.appended());
    const std::string bytes = record(i);
    writer.append(std::as_bytes(std::span(bytes)));
    preparation.advance();
  }
  *offset = static_cast<std::int64_t>(writer.appended());
  constexpr std::array<std::byte, kAlignment> kZeros{};
  writer.append(std::span(kZeros).first(padding(writer.appended())));
  std::vector<at::Tensor> kept;  // the views point into them
  std::vector<tensorfile::TensorView> others = {view("offsets", offsets)};
  for (const auto& [name, column] : columns) {
    kept.push_back(column.slice(0, range.begin, range.end).contiguous());
    others.push_back(view(name, kept.back()));
  }
  writer.finish(others);
}

/// How many shards a stem has, from the name of its first.
std::size_t count_shards(const std::filesystem::path& stem, const std::string& remedy) {
  const std::string prefix = stem.filename().string() + "-00000-of-";
  std::size_t shards = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(stem.parent_path(), error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix) || entry.path().extension() != ".safetensors") continue;
    if (shards != 0) {
      throw workloads::DataError(entry.path().string() +
                                 ": there are the files of two preparations; remove the folder "
                                 "and run: " +
                                 remedy);
    }
    const std::string digits = name.substr(prefix.size(), 5);
    if (digits.find_first_not_of("0123456789") == std::string::npos) shards = std::stoul(digits);
  }
  if (shards != 0) return shards;
  throw workloads::DataError((stem.parent_path() / (prefix + "*.safetensors")).string() +
                             ": no such file; make it with: " + remedy);
}

void check_offsets(const std::filesystem::path& file, const at::Tensor& offsets, std::size_t bytes,
                   const std::string& remedy) {
  const auto* begin = offsets.const_data_ptr<std::int64_t>();
  const auto* end = begin + offsets.numel();
  if (begin != end && *begin == 0 && std::is_sorted(begin, end) &&
      static_cast<std::uint64_t>(*(end - 1)) <= bytes) {
    return;
  }
  throw workloads::DataError(
      file.string() + ": its offsets are not within its bytes; remove it and run: " + remedy);
}

}  // namespace

void write_records(Preparation& preparation, const std::filesystem::path& stem,
                   std::span<const std::uint64_t> sizes,
                   const std::map<std::string, at::Tensor>& columns,
                   const std::function<std::string(std::int64_t index)>& record,
                   std::uint64_t shard_bytes) {
  if (sizes.empty()) throw std::invalid_argument("records: nothing to write");
  for (const auto& [name, column] : columns) {
    if (column.dim() < 1 || column.size(0) != std::ssize(sizes)) {
      throw std::invalid_argument("records: column '" + name + "' must have a row per record");
    }
  }
  const auto shards = cut(sizes, shard_bytes);
  for (std::size_t i = 0; i < shards.size(); ++i) {
    preparation.file(shard_file(stem, i, shards.size()), shards[i].end - shards[i].begin,
                     [&](const std::filesystem::path& partial) {
                       write_shard(partial, shards[i], columns, preparation, record);
                     });
  }
}

std::uint64_t bytes_of_records(std::span<const std::uint64_t> sizes) {
  std::uint64_t bytes = 0;
  for (const std::uint64_t size : sizes) bytes += size + sizeof(std::int64_t);
  return bytes;
}

Records::Records(const std::filesystem::path& stem, const std::string& remedy) {
  const std::size_t shards = count_shards(stem, remedy);
  for (std::size_t i = 0; i < shards; ++i) {
    const auto path = shard_file(stem, i, shards);
    const File file = open(path, remedy);
    Shard shard{file, file->bytes("bytes"), read(file, "offsets", at::kLong, {-1}), size_};
    check_offsets(path, shard.offsets, shard.bytes.size(), remedy);
    size_ += shard.offsets.numel() - 1;
    shards_.push_back(std::move(shard));
  }
}

std::span<const std::byte> Records::operator[](std::int64_t index) const {
  if (index < 0 || index >= size_) {
    throw std::out_of_range("record " + std::to_string(index) + " is not in [0, " +
                            std::to_string(size_) + ")");
  }
  const auto after = std::upper_bound(
      shards_.begin(), shards_.end(), index,
      [](std::int64_t wanted, const Shard& shard) { return wanted < shard.first; });
  const Shard& shard = *std::prev(after);
  const auto* offset = shard.offsets.const_data_ptr<std::int64_t>() + (index - shard.first);
  return shard.bytes.subspan(static_cast<std::size_t>(offset[0]),
                             static_cast<std::size_t>(offset[1] - offset[0]));
}

at::Tensor Records::column(const std::string& name, c10::ScalarType type,
                           const std::vector<std::int64_t>& row_shape) const {
  std::vector<at::Tensor> parts;
  for (const Shard& shard : shards_) {
    std::vector<std::int64_t> shape = {shard.offsets.numel() - 1};
    shape.insert(shape.end(), row_shape.begin(), row_shape.end());
    parts.push_back(read(shard.file, name, type, shape));
  }
  return at::cat(parts);
}

}  // namespace timetrial::data
