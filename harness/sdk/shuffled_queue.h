#pragma once
// The training set in a shuffled order that never ends.
//
// The whole position is the number of examples drawn, with one for each task where an example has
// one task: a checkpoint is a few integers. Threads may read ahead what next() and next_of_tasks()
// will return; batches are the same for any number of them.

#include "harness/sdk/read_ahead.h"
#include "harness/sdk/shuffled_order.h"
#include "harness/sdk/task_blocks.h"
#include "harness/sdk/task_orders.h"
#include "workloads/workload.h"

#include <c10/core/Device.h>
#include <timetrial/batch.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace timetrial::sdk {

class ShuffledQueue final : public BatchQueue {
 public:
  /// Borrows `data`, whose order is kept where it says so (TrainingData::keeps_order), whatever
  /// `order` is. Batches are moved to `device`. `reader_threads` read batches ahead from the
  /// first one on; 0: each is read when it is asked for. Throws std::invalid_argument for an empty
  /// data set or a batch size below 1.
  ShuffledQueue(const workloads::TrainingData& data, std::uint64_t seed, std::int64_t batch_size,
                c10::Device device, DataOrder order = DataOrder::shuffled, int reader_threads = 0);

  Batch next(std::int64_t batch_size) override;
  Batch next() override { return next(batch_size_); }
  Batch next_of_tasks(const std::vector<std::int64_t>& counts) override;
  Batch examples(const std::vector<std::int64_t>& indices) override;
  std::int64_t drawn() const override { return drawn_; }
  std::vector<std::int64_t> drawn_of_tasks() const override;

  /// Examples drawn by next_of_tasks() so far; empty where there are no tasks to choose from.
  std::vector<std::int64_t> drawn_by_task() const;

  /// Seconds that drawing has taken so far, in all: what training waited for data.
  double waited_s() const { return waited_s_; }

  /// Goes to where next() has drawn `drawn` examples and next_of_tasks() `by_task`, forwards or
  /// back. Throws std::invalid_argument for what no queue of this set can have drawn.
  void seek(std::int64_t drawn, const std::vector<std::int64_t>& by_task = {});

 private:
  void start_reading(int threads);
  Batch draw_by_task(const std::vector<std::int64_t>& counts);
  Batch read(const BatchPlan& plan) const;
  Batch gather(std::span<const std::int64_t> indices, std::int64_t pass) const;
  Batch timed(const std::function<Batch()>& draw);

  const workloads::TrainingData& data_;
  const std::uint64_t seed_;
  const std::int64_t batch_size_;
  const c10::Device device_;
  std::int64_t drawn_ = 0;
  double waited_s_ = 0;
  ShuffledOrder order_;
  mutable std::optional<TaskOrders> tasks_;  ///< counting moves it; what it says stays
  std::optional<ReadAhead> read_ahead_;      ///< its threads use all of the above
  std::optional<TaskBlocks> blocks_;         ///< of read_ahead_, where there are tasks
};

}  // namespace timetrial::sdk
