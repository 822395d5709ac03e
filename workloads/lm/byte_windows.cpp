#include "workloads/lm/byte_windows.h"

#include "workloads/data/tensor_io.h"

namespace timetrial::lm {

ByteWindows::ByteWindows(const std::filesystem::path& file, std::int64_t sequence_length,
                         const std::string& remedy)
    : sequence_length_(sequence_length) {
  bytes_ = data::read(data::open(file, remedy), "bytes", at::kByte, {-1});
  if (bytes_.size(0) <= sequence_length) {
    throw workloads::DataError(file.string() + ": tensor 'bytes' has " +
                               std::to_string(bytes_.size(0)) + " values, expected more than " +
                               std::to_string(sequence_length) + "; make it with: " + remedy);
  }
}

std::int64_t ByteWindows::size() const { return (bytes_.size(0) - 1) / sequence_length_; }

Batch ByteWindows::gather(std::span<const std::int64_t> indices) const {
  const auto count = static_cast<std::int64_t>(indices.size());
  at::Tensor inputs = at::empty({count, sequence_length_}, at::kLong);
  at::Tensor targets = at::empty({count, sequence_length_}, at::kLong);
  auto* input = inputs.mutable_data_ptr<std::int64_t>();
  auto* target = targets.mutable_data_ptr<std::int64_t>();
  for (const std::int64_t index : indices) {
    if (index < 0 || index >= size()) {
      throw std::out_of_range("example " + std::to_string(index) + " is not in [0, " +
                              std::to_string(size()) + ")");
    }
    const std::uint8_t* window = bytes_.const_data_ptr<std::uint8_t>() + index * sequence_length_;
    for (std::int64_t t = 0; t < sequence_length_; ++t) {
      *input++ = window[t];
      *target++ = window[t + 1];
    }
  }
  Batch batch;
  batch.set("inputs", inputs);
  batch.set("targets", targets);
  batch.set("weights", at::ones({count}));
  return batch;
}

void write_bytes(const std::filesystem::path& file, std::string_view bytes) {
  std::filesystem::create_directories(file.parent_path());
  const tensorfile::TensorView view{
      "bytes", "U8", {static_cast<std::int64_t>(bytes.size())}, std::as_bytes(std::span(bytes))};
  tensorfile::write_file(file, {view}, {});
}

}  // namespace timetrial::lm
