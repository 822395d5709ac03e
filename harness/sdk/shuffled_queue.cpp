#include "harness/sdk/shuffled_queue.h"

#include "harness/clock/clock.h"

#include <ATen/ops/cat.h>
#include <timetrial/random.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace timetrial::sdk {
namespace {

Batch to_device(const Batch& batch, c10::Device device) {
  Batch result;
  for (const auto& [name, tensor] : batch.tensors()) result.set(name, tensor.to(device));
  return result;
}

Batch concatenate(const std::vector<Batch>& parts) {
  if (parts.size() == 1) return parts.front();
  Batch result;
  for (const auto& [name, first] : parts.front().tensors()) {
    std::vector<at::Tensor> tensors;
    for (const auto& part : parts) tensors.push_back(part.at(name));
    result.set(name, at::cat(tensors));
  }
  return result;
}

}  // namespace

ShuffledQueue::ShuffledQueue(const workloads::TrainingData& data, std::uint64_t seed,
                             std::int64_t batch_size, c10::Device device, DataOrder order,
                             int reader_threads)
    : data_(data),
      seed_(seed),
      batch_size_(batch_size),
      device_(device),
      data_order_(order),
      block_(data.size() > kLargestShuffled ? kBlock : 1) {
  if (data.size() < 1) throw std::invalid_argument("the training set has no examples");
  if (batch_size < 1) {
    throw std::invalid_argument("batch_size is " + std::to_string(batch_size) +
                                ", expected at least 1");
  }
  if (reader_threads == 0) return;
  read_ahead_.emplace(
      reader_threads, [this](std::int64_t drawn, std::int64_t size) { return plan(drawn, size); },
      [this](const BatchPlan& plan) { return read(plan); });
}

void ShuffledQueue::arrange(std::int64_t pass) {
  if (pass == pass_) return;
  pass_ = pass;
  const std::int64_t whole = data_.size() / block_;
  order_.resize(static_cast<std::size_t>((data_.size() + block_ - 1) / block_));
  std::iota(order_.begin(), order_.end(), 0);
  if (data_order_ == DataOrder::stored) return;
  Random random(derive_seed(seed_, "data order", static_cast<std::uint64_t>(pass)));
  for (auto i = static_cast<std::size_t>(whole); i > 1; --i) {
    std::swap(order_[i - 1], order_[random.below(i)]);
  }
}

Batch ShuffledQueue::gather(std::span<const std::int64_t> indices, std::int64_t pass) const {
  return data_.gather(indices,
                      derive_seed(seed_, "augmentation", static_cast<std::uint64_t>(pass)));
}

BatchPlan ShuffledQueue::plan(std::int64_t drawn, std::int64_t size) {
  BatchPlan result;
  for (std::int64_t end = drawn + size; drawn < end;) {
    const std::int64_t pass = drawn / data_.size(), place = drawn % data_.size();
    const std::int64_t count = std::min(end - drawn, data_.size() - place);
    arrange(pass);
    result.parts.push_back({pass, {}});
    for (std::int64_t i = 0; i < count; ++i) {
      result.parts.back().indices.push_back(example(place + i));
    }
    drawn += count;
  }
  return result;
}

Batch ShuffledQueue::read(const BatchPlan& plan) const {
  std::vector<Batch> parts;
  for (const auto& [pass, indices] : plan.parts) parts.push_back(gather(indices, pass));
  return to_device(concatenate(parts), device_);
}

Batch ShuffledQueue::next(std::int64_t batch_size) {
  if (batch_size < 1) {
    throw std::invalid_argument("next() was asked for " + std::to_string(batch_size) +
                                " examples, expected at least 1");
  }
  const clock::SteadyClock clock;
  const auto begin = clock.now();
  Batch batch =
      read_ahead_ ? read_ahead_->take(drawn_, batch_size) : read(plan(drawn_, batch_size));
  drawn_ += batch_size;
  waited_s_ += clock::seconds(clock.now() - begin);
  return batch;
}

Batch ShuffledQueue::examples(const std::vector<std::int64_t>& indices) {
  for (const auto index : indices) {
    if (index < 0 || index >= data_.size()) {
      throw std::out_of_range("example " + std::to_string(index) + " is not in [0, " +
                              std::to_string(data_.size()) + ")");
    }
  }
  return to_device(gather(indices, drawn_ / data_.size()), device_);
}

void ShuffledQueue::seek(std::int64_t drawn) {
  if (drawn < 0) throw std::invalid_argument("cannot have drawn " + std::to_string(drawn));
  drawn_ = drawn;
}

}  // namespace timetrial::sdk
