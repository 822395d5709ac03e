// Drawing by task, through the queue.
#include "harness/sdk/shuffled_queue.h"

#include <ATen/ops/empty.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace timetrial::sdk {
namespace {

using Counts = std::vector<std::int64_t>;

/// Examples whose inputs are their index; those of each task are neighbours.
class Indices final : public workloads::TrainingData {
 public:
  explicit Indices(Counts tasks) : tasks_(std::move(tasks)) {
    for (const auto size : tasks_) size_ += size;
  }
  std::int64_t size() const override { return size_; }
  std::vector<std::int64_t> examples_of_tasks() const override { return tasks_; }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t /*seed*/) const override {
    const at::Tensor inputs = at::empty({static_cast<std::int64_t>(indices.size())}, at::kLong);
    std::copy(indices.begin(), indices.end(), inputs.mutable_data_ptr<std::int64_t>());
    return Batch({{"inputs", inputs}});
  }

 private:
  Counts tasks_;
  std::int64_t size_ = 0;
};

Counts values(const Batch& batch) {
  const auto* data = batch.inputs().const_data_ptr<std::int64_t>();
  return {data, data + batch.size()};
}

Counts range(std::int64_t first, std::int64_t end) {
  Counts list;
  for (; first < end; ++first) list.push_back(first);
  return list;
}

Counts sorted(Counts list) {
  std::sort(list.begin(), list.end());
  return list;
}

TEST(TaskOrders, EachTaskGoesThroughItsOwnExamples) {
  const Indices data({30, 6});
  ShuffledQueue queue(data, 1, 4, c10::kCPU);
  Counts large, small;
  for (int i = 0; i < 6; ++i) {
    const auto drawn = values(queue.next_of_tasks({5, 2}));
    ASSERT_EQ(drawn.size(), 7U);
    large.insert(large.end(), drawn.begin(), drawn.begin() + 5);
    small.insert(small.end(), drawn.begin() + 5, drawn.end());
  }
  EXPECT_EQ(sorted(large), range(0, 30));
  EXPECT_EQ(sorted({small.begin(), small.begin() + 6}), range(30, 36));
  EXPECT_EQ(sorted({small.begin() + 6, small.end()}), range(30, 36)) << "its second pass";
  EXPECT_NE(large, range(0, 30));
  EXPECT_EQ(queue.drawn(), 0);
  EXPECT_EQ(queue.drawn_of_tasks(), (Counts{30, 12}));
}

TEST(TaskOrders, ATaskWithoutAShareIsLeftOut) {
  const Indices data({3, 4});
  ShuffledQueue queue(data, 1, 4, c10::kCPU);
  EXPECT_EQ(sorted(values(queue.next_of_tasks({0, 4}))), range(3, 7));
  EXPECT_EQ(queue.drawn_of_tasks(), (Counts{0, 4}));
}

TEST(TaskOrders, CountWhatNextDrewFromTheWholeSet) {
  const Indices data({20, 5});
  ShuffledQueue queue(data, 7, 8, c10::kCPU);
  Counts counted{0, 0};
  for (int i = 0; i < 11; ++i) {
    for (const auto index : values(queue.next())) ++counted[index < 20 ? 0 : 1];
    EXPECT_EQ(queue.drawn_of_tasks(), counted) << i;
  }
  queue.next_of_tasks({1, 2});
  EXPECT_EQ(queue.drawn_of_tasks(), (Counts{counted[0] + 1, counted[1] + 2}));
  queue.seek(0);
  EXPECT_EQ(queue.drawn_of_tasks(), (Counts{0, 0}));
}

TEST(TaskOrders, SeekingGoesOnWithTheSameExamples) {
  const Indices data({20, 5});
  ShuffledQueue first(data, 7, 8, c10::kCPU), second(data, 7, 8, c10::kCPU);
  first.next();
  first.next_of_tasks({3, 4});
  second.seek(first.drawn(), first.drawn_by_task());
  EXPECT_EQ(values(first.next_of_tasks({6, 6})), values(second.next_of_tasks({6, 6})));
  EXPECT_EQ(values(first.next()), values(second.next()));
  EXPECT_EQ(first.drawn_of_tasks(), second.drawn_of_tasks());
}

TEST(TaskOrders, RefuseWhatNobodyCanDraw) {
  const Indices data({20, 5}), plain({});
  ShuffledQueue queue(data, 7, 8, c10::kCPU);
  for (const Counts& counts : {Counts{1}, Counts{1, 2, 3}, Counts{0, 0}, Counts{3, -1}}) {
    EXPECT_THROW(queue.next_of_tasks(counts), std::invalid_argument);
  }
  EXPECT_EQ(queue.drawn_of_tasks(), (Counts{0, 0})) << "what was refused moved nothing";
  EXPECT_THROW(queue.seek(0, {1}), std::invalid_argument);
  EXPECT_THROW(queue.seek(0, {1, -1}), std::invalid_argument);
  const Indices empty_task({3, 0});
  EXPECT_THROW(ShuffledQueue(empty_task, 1, 1, c10::kCPU), std::invalid_argument);
}

TEST(TaskOrders, AreOnlyForWorkloadsWithOneTaskForEachExample) {
  class Plain final : public workloads::TrainingData {
   public:
    std::int64_t size() const override { return 3; }
    Batch gather(std::span<const std::int64_t> /*indices*/, std::uint64_t) const override {
      return {};
    }
  } data;
  ShuffledQueue queue(data, 1, 1, c10::kCPU);
  EXPECT_THROW(queue.next_of_tasks({1}), std::invalid_argument);
  EXPECT_THROW(queue.seek(0, {1}), std::invalid_argument);
  EXPECT_TRUE(queue.drawn_of_tasks().empty());
}

}  // namespace
}  // namespace timetrial::sdk
