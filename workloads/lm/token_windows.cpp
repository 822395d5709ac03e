#include "workloads/lm/token_windows.h"

#include <algorithm>

#include "workloads/data/tensor_io.h"

namespace timetrial::lm {

TokenWindows::TokenWindows(const std::vector<std::filesystem::path>& files,
                           std::int64_t sequence_length, const std::string& prepare_command)
    : sequence_length_(sequence_length) {
  for (const auto& file : files) {
    files_.push_back(data::read(data::open(file, prepare_command), "tokens", at::kShort,
                                {-1, sequence_length + 1}));
    ends_.push_back((ends_.empty() ? 0 : ends_.back()) + files_.back().size(0));
  }
}

const std::uint16_t* TokenWindows::window(std::int64_t index) const {
  if (index < 0 || index >= size()) {
    throw std::out_of_range("example " + std::to_string(index) + " is not in [0, " +
                            std::to_string(size()) + ")");
  }
  const auto end = std::upper_bound(ends_.begin(), ends_.end(), index);
  const auto file = static_cast<std::size_t>(end - ends_.begin());
  const std::int64_t row = index - (file == 0 ? 0 : ends_[file - 1]);
  const std::int16_t* tokens =
      files_[file].const_data_ptr<std::int16_t>() + row * (sequence_length_ + 1);
  return reinterpret_cast<const std::uint16_t*>(tokens);
}

Batch TokenWindows::gather(std::span<const std::int64_t> indices) const {
  const auto count = static_cast<std::int64_t>(indices.size());
  at::Tensor inputs = at::empty({count, sequence_length_}, at::kLong);
  at::Tensor targets = at::empty({count, sequence_length_}, at::kLong);
  auto* input = inputs.mutable_data_ptr<std::int64_t>();
  auto* target = targets.mutable_data_ptr<std::int64_t>();
  for (const std::int64_t index : indices) {
    const std::uint16_t* tokens = window(index);
    input = std::copy(tokens, tokens + sequence_length_, input);
    target = std::copy(tokens + 1, tokens + 1 + sequence_length_, target);
  }
  Batch batch;
  batch.set("inputs", inputs);
  batch.set("targets", targets);
  batch.set("weights", at::ones({count}));
  return batch;
}

void write_windows(const std::filesystem::path& file, std::span<const std::uint16_t> tokens,
                   std::int64_t sequence_length) {
  const std::int64_t rows = std::ssize(tokens) / (sequence_length + 1);
  std::filesystem::create_directories(file.parent_path());
  const tensorfile::TensorView view{
      "tokens", "I16", {rows, sequence_length + 1}, std::as_bytes(tokens)};
  tensorfile::write_file(file, {view}, {});
}

}  // namespace timetrial::lm
