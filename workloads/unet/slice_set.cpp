#include "workloads/unet/slice_set.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "workloads/data/tensor_io.h"
#include "workloads/workload.h"

namespace timetrial::unet {
namespace {

constexpr const char* kImages[] = {"inputs", "targets"};
constexpr const char* kNumbers[] = {"mean", "std", "volume_max"};

/// How many shards a split has: what the name of its first one says. 0: there is none.
std::size_t count_shards(const std::filesystem::path& folder, const std::string& split) {
  const std::string start = split + "-00000-of-";
  std::error_code missing;
  std::size_t most = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
    const std::string name = entry.path().filename();
    unsigned shards = 0;
    if (name.starts_with(start) && std::sscanf(name.c_str() + start.size(), "%5u", &shards) == 1 &&
        name == shard_name(split, 0, shards)) {
      most = std::max<std::size_t>(most, shards);
    }
  }
  return most;
}

std::map<std::string, at::Tensor> read_shard(const std::filesystem::path& path,
                                             const std::string& remedy) {
  const auto file = data::open(path, remedy);
  std::map<std::string, at::Tensor> shard;
  shard["inputs"] = data::read(file, "inputs", at::kFloat, {-1, -1, -1});
  shard["targets"] = data::read(file, "targets", at::kFloat, shard["inputs"].sizes().vec());
  for (const char* name : kNumbers) {
    shard[name] = data::read(file, name, at::kFloat, {shard["inputs"].size(0)});
  }
  return shard;
}

}  // namespace

std::string shard_name(const std::string& split, std::size_t shard, std::size_t shards) {
  char numbers[32];
  std::snprintf(numbers, sizeof numbers, "-%05zu-of-%05zu", shard, shards);
  return split + numbers + ".safetensors";
}

ShardBuilder::ShardBuilder(std::int64_t slices, std::int64_t height, std::int64_t width) {
  for (const char* name : kImages) tensors_[name] = at::empty({slices, height, width});
  for (const char* name : kNumbers) tensors_[name] = at::empty({slices});
}

void ShardBuilder::add(const Slice& slice, double volume_max) {
  Batch one;
  one.set("inputs", slice.inputs.unsqueeze(0));
  one.set("targets", slice.targets.unsqueeze(0));
  one.set("mean", at::full({1}, slice.mean));
  one.set("std", at::full({1}, slice.std));
  one.set("volume_max", at::full({1}, volume_max));
  add(one, 0);
}

void ShardBuilder::add(const Batch& batch, std::int64_t index) {
  if (size_ == tensors_.at("mean").size(0)) throw std::logic_error("the shard is full");
  for (auto& [name, tensor] : tensors_) {
    const at::Tensor value = batch.at(name)[index];
    if (value.sizes() != tensor[size_].sizes()) {
      throw std::invalid_argument("a slice of another size than the shard's: " + name);
    }
    tensor[size_].copy_(value);
  }
  ++size_;
}

void ShardBuilder::write(const std::filesystem::path& file) const {
  std::vector<std::pair<std::string, at::Tensor>> filled;
  for (const auto& [name, tensor] : tensors_) filled.emplace_back(name, tensor.narrow(0, 0, size_));
  std::filesystem::create_directories(file.parent_path());
  tensorfile::write_file(file, data::views(filled), {});
}

SliceSet::SliceSet(const std::filesystem::path& folder, const std::string& split,
                   const std::string& remedy) {
  // Without any, the first of one is what is missing.
  const std::size_t shards = std::max<std::size_t>(1, count_shards(folder, split));
  for (std::size_t i = 0; i < shards; ++i) {
    const auto path = folder / shard_name(split, i, shards);
    shards_.push_back(read_shard(path, remedy));
    const auto size_of_image = [](const auto& shard) {
      return shard.at("inputs").sizes().slice(1);
    };
    if (size_of_image(shards_.back()) != size_of_image(shards_.front())) {
      throw workloads::DataError(path.string() + ": has images of another size than the first " +
                                 "shard; run " + remedy);
    }
    begin_.push_back(begin_.back() + shards_.back().at("inputs").size(0));
  }
}

Batch SliceSet::gather(std::span<const std::int64_t> indices) const {
  std::map<std::string, std::vector<at::Tensor>> rows;
  for (const std::int64_t index : indices) {
    if (index < 0 || index >= size()) {
      throw std::out_of_range("slice " + std::to_string(index) + " is not in [0, " +
                              std::to_string(size()) + ")");
    }
    const auto shard = std::upper_bound(begin_.begin(), begin_.end(), index) - begin_.begin() - 1;
    const std::int64_t row = index - begin_[static_cast<std::size_t>(shard)];
    for (const auto& [name, tensor] : shards_[static_cast<std::size_t>(shard)]) {
      rows[name].push_back(tensor.select(0, row));
    }
  }
  Batch batch;
  for (const auto& [name, values] : rows) batch.set(name, at::stack(values));
  batch.set("weights", at::ones({std::ssize(indices)}));
  return batch;
}

}  // namespace timetrial::unet
