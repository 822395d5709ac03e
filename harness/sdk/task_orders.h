#pragma once
// The tasks of a training set with one task for each example: a shuffled endless order for each,
// and how many examples of each were drawn from the whole set.

#include "harness/sdk/shuffled_order.h"

#include <cstdint>
#include <vector>

namespace timetrial::sdk {

class TaskOrders {
 public:
  /// `sizes` as TrainingData::examples_of_tasks(); `whole` is an order of the whole set, of which
  /// positions are counted. Throws std::invalid_argument for a task without examples.
  TaskOrders(const std::vector<std::int64_t>& sizes, std::uint64_t seed, ShuffledOrder whole);

  std::size_t tasks() const { return orders_.size(); }
  /// Examples drawn of each task's own order.
  const std::vector<std::int64_t>& drawn() const { return drawn_; }
  void seek(const std::vector<std::int64_t>& drawn) { drawn_ = drawn; }

  /// Throws std::invalid_argument for counts that BatchQueue::next_of_tasks refuses.
  void check(const std::vector<std::int64_t>& counts) const;
  /// The examples of a task's own order from position `drawn` on, appended to `plan`.
  void append(BatchPlan& plan, std::size_t task, std::int64_t drawn, std::int64_t count) {
    orders_[task].append(plan, drawn, count, first_[task]);
  }
  /// counts[k] examples more of task k were drawn.
  void advance(const std::vector<std::int64_t>& counts);

  /// Of each task among the first `drawn` examples of the whole set's order. Costs the distance
  /// from the last position asked for, at most one pass.
  const std::vector<std::int64_t>& counted(std::int64_t drawn);

 private:
  std::size_t task_of(std::int64_t example) const;

  std::vector<std::int64_t> first_;  ///< example of each task, then the number of all examples
  std::vector<ShuffledOrder> orders_;
  std::vector<std::int64_t> drawn_;
  ShuffledOrder whole_;
  std::int64_t counted_to_ = 0;
  std::vector<std::int64_t> counts_;
};

}  // namespace timetrial::sdk
