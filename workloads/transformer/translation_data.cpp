#include "workloads/transformer/translation_data.h"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

#include "workloads/data/tensor_io.h"

namespace timetrial::transformer {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 6> kColumns = {
    "inputs",  "inputs_position",  "inputs_segmentation",
    "targets", "targets_position", "targets_segmentation"};

using Column = std::vector<std::int16_t>;

void append(const Tokens& values, Column& column) {
  for (const std::int64_t value : values) {
    if (value < 0 || value >= kLargestVocabulary) {
      throw std::invalid_argument("token " + std::to_string(value) + " is not in [0, 32768)");
    }
    column.push_back(static_cast<std::int16_t>(value));
  }
}

template <std::size_t N>
void write(const fs::path& file, const std::array<Column, N>& columns,
           const std::array<const char*, N>& names, std::int64_t length) {
  std::vector<tensorfile::TensorView> views;
  for (std::size_t i = 0; i < N; ++i) {
    const auto rows = static_cast<std::int64_t>(columns[i].size()) / length;
    views.push_back({names[i], "I16", {rows, length}, std::as_bytes(std::span(columns[i]))});
  }
  fs::create_directories(file.parent_path());
  tensorfile::write_file(file, views, {});
}

/// One file of packed rows.
struct Shard {
  std::array<at::Tensor, kColumns.size()> columns;  // int16 [N, L]
  std::int64_t rows = 0;
};

class Rows final : public workloads::TrainingData {
 public:
  Rows(const fs::path& dir, const std::string& prepare_command) {
    for (std::int64_t i = 0; i == 0 || fs::exists(dir / rows_file(i)); ++i) {
      add(dir / rows_file(i), prepare_command);
    }
  }

  std::int64_t size() const override { return ends_.back(); }

  Batch gather(std::span<const std::int64_t> indices, std::uint64_t) const override {
    const auto count = static_cast<std::int64_t>(indices.size());
    Batch batch;
    for (std::size_t column = 0; column < kColumns.size(); ++column) {
      const at::Tensor values = at::empty({count, length_}, at::kLong);
      auto* out = values.mutable_data_ptr<std::int64_t>();
      for (const std::int64_t index : indices) {
        const std::int16_t* row = find(index, column);
        out = std::copy(row, row + length_, out);
      }
      batch.set(kColumns[column], values);
    }
    batch.set("weights", batch.targets().gt(0).to(at::kFloat));
    return batch;
  }

 private:
  void add(const fs::path& path, const std::string& prepare_command) {
    const auto file = data::open(path, prepare_command);
    Shard shard;
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
      const bool first = shards_.empty() && i == 0;
      shard.columns[i] = data::read(file, kColumns[i], at::kShort,
                                    {i == 0 ? -1 : shard.columns[0].size(0), first ? -1 : length_});
      if (first) length_ = shard.columns[0].size(1);
    }
    ends_.push_back((ends_.empty() ? 0 : ends_.back()) + shard.columns[0].size(0));
    shards_.push_back(std::move(shard));
  }

  const std::int16_t* find(std::int64_t index, std::size_t column) const {
    if (index < 0 || index >= size()) {
      throw std::out_of_range("example " + std::to_string(index) + " is not in [0, " +
                              std::to_string(size()) + ")");
    }
    const auto end = std::upper_bound(ends_.begin(), ends_.end(), index);
    const auto shard = static_cast<std::size_t>(end - ends_.begin());
    const std::int64_t row = index - (shard == 0 ? 0 : ends_[shard - 1]);
    return shards_[shard].columns[column].const_data_ptr<std::int16_t>() + row * length_;
  }

  std::vector<Shard> shards_;
  std::vector<std::int64_t> ends_;  // rows up to the end of each shard
  std::int64_t length_ = 0;
};

}  // namespace

std::string rows_file(std::int64_t shard) {
  const std::string number = std::to_string(shard);
  return "rows-" + std::string(5 - std::min<std::size_t>(5, number.size()), '0') + number +
         ".safetensors";
}

void write_rows(const fs::path& file, std::span<const SentencePair> pairs, std::int64_t length) {
  std::array<Column, kColumns.size()> columns;
  // Rows never mix groups of `length` pairs, so a part of some groups is packed like the whole.
  const auto part = static_cast<std::size_t>(length) * 16;
  for (; !pairs.empty(); pairs = pairs.subspan(std::min(part, pairs.size()))) {
    for (const PackedRow& row : pack(pairs.first(std::min(part, pairs.size())), length)) {
      const Tokens* const parts[] = {&row.inputs.tokens,       &row.inputs.position,
                                     &row.inputs.segmentation, &row.targets.tokens,
                                     &row.targets.position,    &row.targets.segmentation};
      for (std::size_t i = 0; i < columns.size(); ++i) append(*parts[i], columns[i]);
    }
  }
  write(file, columns, kColumns, length);
}

void write_pairs(const fs::path& file, std::span<const SentencePair> pairs, std::int64_t length) {
  std::array<Column, 2> columns;
  const auto append_padded = [&](const Tokens& tokens, Column& column) {
    if (static_cast<std::int64_t>(tokens.size()) > length) {
      throw std::invalid_argument("a side of " + std::to_string(tokens.size()) +
                                  " tokens, expected at most " + std::to_string(length));
    }
    append(tokens, column);
    column.resize(column.size() + static_cast<std::size_t>(length) - tokens.size(), 0);
  };
  for (const SentencePair& pair : pairs) {
    append_padded(pair.inputs, columns[0]);
    append_padded(pair.targets, columns[1]);
  }
  write(file, columns, std::array<const char*, 2>{"inputs", "targets"}, length);
}

std::unique_ptr<workloads::TrainingData> open_rows(const fs::path& training_dir,
                                                   const std::string& prepare_command) {
  return std::make_unique<Rows>(training_dir, prepare_command);
}

}  // namespace timetrial::transformer
