// Drawing by task with threads that read ahead, through the queue.
#include "harness/sdk/shuffled_queue.h"

#include <ATen/ops/empty.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace timetrial::sdk {
namespace {

using Counts = std::vector<std::int64_t>;

/// Examples whose inputs are their index and whose targets are the augmentation seed; those of each
/// task are neighbours. Some take longer, so that later blocks are read before earlier ones; what
/// was read is counted by task.
class Slow final : public workloads::TrainingData {
 public:
  std::int64_t size() const override { return 37; }
  std::vector<std::int64_t> examples_of_tasks() const override { return {20, 5, 12}; }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t seed) const override {
    for (const auto index : indices) ++read[index < 20 ? 0 : index < 25 ? 1 : 2];
    std::this_thread::sleep_for(std::chrono::microseconds(indices[0] % 5 * 300));
    if (std::find(indices.begin(), indices.end(), bad) != indices.end()) {
      throw std::runtime_error("example is damaged");
    }
    const auto count = static_cast<std::int64_t>(indices.size());
    const at::Tensor inputs = at::empty({count}, at::kLong);
    std::copy(indices.begin(), indices.end(), inputs.mutable_data_ptr<std::int64_t>());
    return Batch(
        {{"inputs", inputs},
         {"targets", at::empty({count}, at::kLong).fill_(static_cast<std::int64_t>(seed))}});
  }
  mutable std::array<std::atomic<std::int64_t>, 3> read = {};
  std::atomic<std::int64_t> bad = -1;
};

Counts values(const at::Tensor& tensor) {
  const auto* data = tensor.const_data_ptr<std::int64_t>();
  return {data, data + tensor.numel()};
}

TEST(TaskBlocks, GiveTheSameBatchesAsReadingWhenAsked) {
  const Slow data;
  for (const int threads : {1, 2, 5}) {
    SCOPED_TRACE(threads);
    ShuffledQueue plain(data, 4, 6, c10::kCPU);
    ShuffledQueue ahead(data, 4, 6, c10::kCPU, DataOrder::shuffled, threads);
    const auto expect_equal = [&](const Batch& expected, const Batch& found) {
      EXPECT_EQ(values(found.inputs()), values(expected.inputs()));
      EXPECT_EQ(values(found.targets()), values(expected.targets()));
      EXPECT_EQ(ahead.drawn_by_task(), plain.drawn_by_task());
      // Whoever draws a batch may write to it.
      found.inputs().fill_(-1);
    };
    // The same mix, others, tasks left out, more than a pass of one, and the whole set in between.
    for (const Counts& counts : {Counts{4, 1, 2},
                                 {4, 1, 2},
                                 {4, 1, 2},
                                 {3, 0, 4},
                                 {5, 2, 0},
                                 {0, 13, 0},
                                 {1, 1, 30},
                                 {4, 1, 2},
                                 {7, 1, 1}}) {
      expect_equal(plain.next_of_tasks(counts), ahead.next_of_tasks(counts));
    }
    expect_equal(plain.next(), ahead.next());
    expect_equal(plain.next_of_tasks({4, 1, 2}), ahead.next_of_tasks({4, 1, 2}));
    for (const Counts& position : {Counts{11, 3, 50}, {10, 3, 51}, {0, 0, 0}}) {
      plain.seek(9, position);
      ahead.seek(9, position);
      expect_equal(plain.next_of_tasks({2, 2, 2}), ahead.next_of_tasks({2, 2, 2}));
    }
    for (int again = 0; again < 2; ++again) {  // the second time from a block that is there
      plain.seek(9, {5, 0, 0});
      ahead.seek(9, {5, 0, 0});
      expect_equal(plain.next_of_tasks({2, 0, 0}), ahead.next_of_tasks({2, 0, 0}));
    }
  }
}

TEST(TaskBlocks, AreReadBeforeTheyAreAskedForAndABoundedNumberOfThem) {
  const int threads = 2;
  const Slow data;
  ShuffledQueue queue(data, 4, 6, c10::kCPU, DataOrder::shuffled, threads);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(data.read[0] + data.read[1] + data.read[2], 0);
  queue.next_of_tasks({4, 0, 2});
  // The block that was drawn, and those of batches that nobody has asked for.
  while (data.read[0] < 4 * (threads + 2) || data.read[2] < 2 * (threads + 2)) {
    std::this_thread::yield();
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(data.read[0], 4 * (threads + 2));
  EXPECT_EQ(data.read[1], 0) << "of a task without a share";
  EXPECT_EQ(data.read[2], 2 * (threads + 2));
}

TEST(TaskBlocks, WhatCannotBeReadMovesNothing) {
  Slow data;
  for (const int threads : {0, 2}) {
    SCOPED_TRACE(threads);
    ShuffledQueue queue(data, 4, 6, c10::kCPU, DataOrder::shuffled, threads);
    ShuffledQueue other(data, 4, 6, c10::kCPU);
    queue.next_of_tasks({3, 1, 1});
    other.next_of_tasks({3, 1, 1});
    const auto next = values(other.next_of_tasks({2, 1, 4}).inputs());
    queue.seek(0, {3, 1, 1});
    data.bad = next.back();
    EXPECT_THROW(queue.next_of_tasks({2, 1, 4}), std::runtime_error);
    EXPECT_EQ(queue.drawn_by_task(), (Counts{3, 1, 1}));
    data.bad = -1;
    EXPECT_EQ(values(queue.next_of_tasks({2, 1, 4}).inputs()), next);
  }
}

}  // namespace
}  // namespace timetrial::sdk
