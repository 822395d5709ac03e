#include "harness/sdk/shuffled_queue.h"

#include "harness/clock/clock.h"

#include <ATen/ops/cat.h>
#include <timetrial/random.h>

#include <stdexcept>
#include <string>
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

std::int64_t require_examples(std::int64_t size) {
  if (size < 1) throw std::invalid_argument("the training set has no examples");
  return size;
}

/// A stream stays in its order, whatever is asked for.
DataOrder order_of(const workloads::TrainingData& data, DataOrder asked) {
  return data.keeps_order() ? DataOrder::stored : asked;
}

}  // namespace

ShuffledQueue::ShuffledQueue(const workloads::TrainingData& data, std::uint64_t seed,
                             std::int64_t batch_size, c10::Device device, DataOrder order,
                             int reader_threads)
    : data_(data),
      seed_(seed),
      batch_size_(batch_size),
      device_(device),
      order_(require_examples(data.size()), seed, order_of(data, order)) {
  if (batch_size < 1) {
    throw std::invalid_argument("batch_size is " + std::to_string(batch_size) +
                                ", expected at least 1");
  }
  if (const auto sizes = data.examples_of_tasks(); !sizes.empty()) {
    tasks_.emplace(sizes, seed, ShuffledOrder(data.size(), seed, order_of(data, order)));
  }
  if (reader_threads > 0) start_reading(reader_threads);
}

/// The first stream is the whole set's order, the others those of the tasks.
void ShuffledQueue::start_reading(int threads) {
  const std::size_t tasks = tasks_ ? tasks_->tasks() : 0;
  read_ahead_.emplace(
      threads, 1 + tasks,
      [this](std::size_t stream, std::int64_t drawn, std::int64_t size) {
        BatchPlan plan;
        if (stream == 0) {
          order_.append(plan, drawn, size);
        } else {
          tasks_->append(plan, stream - 1, drawn, size);
        }
        return plan;
      },
      [this](const BatchPlan& plan) { return read(plan); });
  if (tasks_) blocks_.emplace(*read_ahead_, /*first_stream=*/1, tasks);
}

Batch ShuffledQueue::gather(std::span<const std::int64_t> indices, std::int64_t pass) const {
  return data_.gather(indices,
                      derive_seed(seed_, "augmentation", static_cast<std::uint64_t>(pass)));
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
  return timed([&] {
    Batch batch;
    if (read_ahead_) {
      batch = read_ahead_->take(/*stream=*/0, drawn_, batch_size);
    } else {
      BatchPlan plan;
      order_.append(plan, drawn_, batch_size);
      batch = read(plan);
    }
    drawn_ += batch_size;
    return batch;
  });
}

Batch ShuffledQueue::next_of_tasks(const std::vector<std::int64_t>& counts) {
  if (!tasks_) {
    throw std::invalid_argument(
        "next_of_tasks() is for workloads with one task for each example "
        "(WorkloadInfo::one_task_per_example); draw with next()");
  }
  tasks_->check(counts);
  return timed([&] {
    Batch batch = draw_by_task(counts);
    tasks_->advance(counts);
    return batch;
  });
}

Batch ShuffledQueue::draw_by_task(const std::vector<std::int64_t>& counts) {
  BatchPlan plan;
  std::vector<Batch> parts;
  for (std::size_t task = 0; task < counts.size(); ++task) {
    const std::int64_t drawn = tasks_->drawn()[task];
    if (blocks_) {
      blocks_->append(parts, task, drawn, counts[task]);
    } else {
      tasks_->append(plan, task, drawn, counts[task]);
    }
  }
  return blocks_ ? concatenate(parts) : read(plan);
}

Batch ShuffledQueue::timed(const std::function<Batch()>& draw) {
  const clock::SteadyClock clock;
  const auto begin = clock.now();
  Batch batch = draw();
  waited_s_ += clock::seconds(clock.now() - begin);
  return batch;
}

std::vector<std::int64_t> ShuffledQueue::drawn_by_task() const {
  return tasks_ ? tasks_->drawn() : std::vector<std::int64_t>{};
}

std::vector<std::int64_t> ShuffledQueue::drawn_of_tasks() const {
  auto result = drawn_by_task();
  if (!tasks_) return result;
  const auto& pooled = tasks_->counted(drawn_);
  for (std::size_t task = 0; task < result.size(); ++task) result[task] += pooled[task];
  return result;
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

void ShuffledQueue::seek(std::int64_t drawn, const std::vector<std::int64_t>& by_task) {
  if (drawn < 0) throw std::invalid_argument("cannot have drawn " + std::to_string(drawn));
  const std::size_t tasks = tasks_ ? tasks_->tasks() : 0;
  if (by_task.size() != tasks && !by_task.empty()) {
    throw std::invalid_argument(std::to_string(by_task.size()) + " positions of tasks for " +
                                std::to_string(tasks) + " tasks");
  }
  for (const auto position : by_task) {
    if (position < 0) throw std::invalid_argument("a task cannot have drawn a negative number");
  }
  if (tasks_) tasks_->seek(by_task.empty() ? std::vector<std::int64_t>(tasks) : by_task);
  drawn_ = drawn;
}

}  // namespace timetrial::sdk
