#include "harness/sdk/shuffled_queue.h"

#include <ATen/ops/empty.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <thread>

namespace timetrial::sdk {
namespace {

/// Examples whose inputs are their index and whose targets are the augmentation seed.
class Indices final : public workloads::TrainingData {
 public:
  explicit Indices(std::int64_t size) : size_(size) {}
  std::int64_t size() const override { return size_; }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t seed) const override {
    const auto count = static_cast<std::int64_t>(indices.size());
    const at::Tensor inputs = at::empty({count}, at::kLong);
    std::copy(indices.begin(), indices.end(), inputs.mutable_data_ptr<std::int64_t>());
    const at::Tensor seeds = at::empty({count}, at::kLong).fill_(static_cast<std::int64_t>(seed));
    return Batch({{"inputs", inputs}, {"targets", seeds}, {"weights", inputs}});
  }

 private:
  std::int64_t size_;
};

std::vector<std::int64_t> values(const at::Tensor& tensor) {
  const auto* data = tensor.const_data_ptr<std::int64_t>();
  return {data, data + tensor.numel()};
}

std::vector<std::int64_t> draw(BatchQueue& queue, std::int64_t count) {
  return values(queue.next(count).inputs());
}

std::vector<std::int64_t> sorted(std::vector<std::int64_t> list) {
  std::sort(list.begin(), list.end());
  return list;
}

std::vector<std::int64_t> zero_to(std::int64_t size) {
  std::vector<std::int64_t> list(static_cast<std::size_t>(size));
  std::iota(list.begin(), list.end(), 0);
  return list;
}

TEST(ShuffledQueue, EachPassIsAnotherPermutation) {
  const Indices data(100);
  ShuffledQueue queue(data, 1, 10, c10::kCPU);
  const auto first = draw(queue, 100), second = draw(queue, 100);
  EXPECT_EQ(sorted(first), zero_to(100));
  EXPECT_EQ(sorted(second), zero_to(100));
  EXPECT_NE(first, second);
  EXPECT_NE(first, zero_to(100));
}

TEST(ShuffledQueue, OrderDependsOnTheSeedAloneAndNotOnBatchSizes) {
  const Indices data(100);
  ShuffledQueue one(data, 1, 10, c10::kCPU), other(data, 1, 7, c10::kCPU),
      third(data, 2, 10, c10::kCPU);
  const auto whole = draw(one, 250);
  std::vector<std::int64_t> parts;
  while (other.drawn() < 250) {
    const auto part = values(other.next().inputs());
    parts.insert(parts.end(), part.begin(), part.end());
  }
  parts.resize(250);
  EXPECT_EQ(whole, parts);
  EXPECT_NE(whole, draw(third, 250));
}

TEST(ShuffledQueue, BatchesSpanPassesAndAugmentEachByItsOwnSeed) {
  const Indices data(10);
  ShuffledQueue queue(data, 1, 8, c10::kCPU);
  queue.next();
  const auto batch = queue.next();
  EXPECT_EQ(batch.size(), 8);
  const auto seeds = values(batch.targets());
  EXPECT_EQ(seeds[0], seeds[1]);
  EXPECT_NE(seeds[1], seeds[2]);
  EXPECT_EQ(queue.next(25).size(), 25);
  EXPECT_EQ(queue.drawn(), 41);
}

TEST(ShuffledQueue, OfVeryManyExamplesBlocksAreShuffled) {
  const Indices data(kLargestShuffled + 7);
  ShuffledQueue queue(data, 1, 10, c10::kCPU);
  const auto drawn = draw(queue, 5 * kBlock);
  std::vector<std::int64_t> blocks;
  for (std::size_t i = 0; i < drawn.size(); i += kBlock) {
    blocks.push_back(drawn[i] / kBlock);
    for (std::size_t j = 0; j < kBlock; ++j) {
      ASSERT_EQ(drawn[i + j], blocks.back() * kBlock + static_cast<std::int64_t>(j));
    }
  }
  EXPECT_NE(blocks, sorted(blocks));
  // The examples that fill no block end the pass, and the next one is another permutation.
  queue.seek(data.size() - 7);
  EXPECT_EQ(draw(queue, 7),
            (std::vector<std::int64_t>{kLargestShuffled, kLargestShuffled + 1, kLargestShuffled + 2,
                                       kLargestShuffled + 3, kLargestShuffled + 4,
                                       kLargestShuffled + 5, kLargestShuffled + 6}));
  EXPECT_NE(draw(queue, 5 * kBlock), drawn);
}

TEST(ShuffledQueue, SeekGoesOnAsIfItHadDrawn) {
  const Indices data(100);
  for (const std::int64_t drawn : {0, 1, 99, 100, 101, 250}) {
    SCOPED_TRACE(drawn);
    ShuffledQueue drawing(data, 3, 10, c10::kCPU), seeking(data, 3, 10, c10::kCPU);
    if (drawn > 0) draw(drawing, drawn);
    draw(seeking, 170);
    seeking.seek(drawn);
    EXPECT_EQ(draw(drawing, 60), draw(seeking, 60));
    EXPECT_EQ(seeking.drawn(), drawn + 60);
  }
}

TEST(ShuffledQueue, GivesAnyExamplesWithoutMoving) {
  const Indices data(100);
  ShuffledQueue queue(data, 1, 10, c10::kCPU);
  queue.next();
  EXPECT_EQ(values(queue.examples({5, 99, 5}).inputs()), (std::vector<std::int64_t>{5, 99, 5}));
  EXPECT_EQ(queue.drawn(), 10);
  EXPECT_THROW(queue.examples({100}), std::out_of_range);
  EXPECT_THROW(queue.examples({-1}), std::out_of_range);
}

TEST(ShuffledQueue, StoredOrderIsTheDatas) {
  const Indices data(4);
  ShuffledQueue queue(data, 1, 4, c10::kCPU, DataOrder::stored);
  EXPECT_THAT(draw(queue, 6), testing::ElementsAre(0, 1, 2, 3, 0, 1));
}

/// A stream: examples in an order that means something.
class Stream final : public workloads::TrainingData {
 public:
  std::int64_t size() const override { return indices_.size(); }
  bool keeps_order() const override { return true; }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t seed) const override {
    return indices_.gather(indices, seed);
  }

 private:
  Indices indices_{5};
};

TEST(ShuffledQueue, AStreamIsNeverShuffled) {
  const Stream data;
  ShuffledQueue queue(data, 1, 4, c10::kCPU, DataOrder::shuffled);
  EXPECT_THAT(draw(queue, 7), testing::ElementsAre(0, 1, 2, 3, 4, 0, 1));
  ShuffledQueue ahead(data, 1, 4, c10::kCPU, DataOrder::shuffled, /*reader_threads=*/2);
  EXPECT_THAT(draw(ahead, 7), testing::ElementsAre(0, 1, 2, 3, 4, 0, 1));
  queue.seek(4);
  EXPECT_THAT(draw(queue, 2), testing::ElementsAre(4, 0));
}

TEST(ShuffledQueue, RefusesSizesBelowOne) {
  const Indices data(4), none(0);
  EXPECT_THROW(ShuffledQueue(none, 1, 1, c10::kCPU), std::invalid_argument);
  EXPECT_THROW(ShuffledQueue(data, 1, 0, c10::kCPU), std::invalid_argument);
  ShuffledQueue queue(data, 1, 1, c10::kCPU);
  EXPECT_THROW(queue.next(0), std::invalid_argument);
  EXPECT_THROW(queue.seek(-1), std::invalid_argument);
}

// --- reader threads --------------------------------------------------------------------------

/// Takes longer for some examples than for others, so that later batches are read before earlier
/// ones; counts, and fails on demand.
class Slow final : public workloads::TrainingData {
 public:
  explicit Slow(std::int64_t size) : data_(size) {}
  std::int64_t size() const override { return data_.size(); }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t seed) const override {
    ++gathered;
    std::this_thread::sleep_for(std::chrono::microseconds(indices[0] % 5 * 300));
    for (const auto index : indices) {
      if (index == bad) throw std::runtime_error("example 7 is damaged");
    }
    return data_.gather(indices, seed);
  }
  mutable std::atomic<int> gathered = 0;
  std::int64_t bad = -1;

 private:
  Indices data_;
};

class ReaderThreads : public testing::TestWithParam<int> {};

TEST_P(ReaderThreads, GiveTheSameBatchesAsNone) {
  const Slow data(50);
  ShuffledQueue plain(data, 4, 6, c10::kCPU);
  ShuffledQueue ahead(data, 4, 6, c10::kCPU, DataOrder::shuffled, GetParam());
  // The queue's own size, others in between, and jumps.
  for (const std::int64_t size : {6, 6, 6, 9, 6, 60, 1, 1, 6, 6}) {
    const auto expected = plain.next(size), found = ahead.next(size);
    EXPECT_EQ(values(found.inputs()), values(expected.inputs()));
    EXPECT_EQ(values(found.targets()), values(expected.targets()));
    EXPECT_EQ(ahead.drawn(), plain.drawn());
    EXPECT_EQ(values(ahead.examples({3, 1}).inputs()), (std::vector<std::int64_t>{3, 1}));
  }
  plain.seek(11);
  ahead.seek(11);
  EXPECT_EQ(draw(ahead, 6), draw(plain, 6));
}

TEST_P(ReaderThreads, ReadNothingBeforeTheFirstBatchAndThenABoundedNumber) {
  const Slow data(1000);
  ShuffledQueue queue(data, 4, 10, c10::kCPU, DataOrder::shuffled, GetParam());
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(data.gathered, 0);
  queue.next();
  while (data.gathered < 2) std::this_thread::yield();  // a batch that nobody has asked for
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_LE(data.gathered, GetParam() + 2);
}

TEST_P(ReaderThreads, HandOnWhatReadingThrows) {
  Slow data(20);
  data.bad = 7;
  ShuffledQueue queue(data, 4, 5, c10::kCPU, DataOrder::stored, GetParam());
  queue.next();
  EXPECT_THROW(queue.next(), std::runtime_error);
  EXPECT_EQ(queue.drawn(), 5);
}

INSTANTIATE_TEST_SUITE_P(Queue, ReaderThreads, testing::Values(1, 2, 5));

TEST(ShuffledQueue, KnowsHowLongItWasWaitedFor) {
  const Slow data(50);
  ShuffledQueue queue(data, 1, 5, c10::kCPU);
  EXPECT_EQ(queue.waited_s(), 0);
  for (int i = 0; i < 10; ++i) queue.next();
  EXPECT_GT(queue.waited_s(), 1e-3);
  EXPECT_LT(queue.waited_s(), 10);
}

}  // namespace
}  // namespace timetrial::sdk
