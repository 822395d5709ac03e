#include "harness/sdk/task_orders.h"

#include <fmt/core.h>
#include <timetrial/random.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace timetrial::sdk {

TaskOrders::TaskOrders(const std::vector<std::int64_t>& sizes, std::uint64_t seed,
                       ShuffledOrder whole)
    : first_{0}, drawn_(sizes.size()), whole_(std::move(whole)), counts_(sizes.size()) {
  for (std::size_t task = 0; task < sizes.size(); ++task) {
    if (sizes[task] < 1) {
      throw std::invalid_argument(fmt::format("task {} has no training examples", task));
    }
    orders_.emplace_back(sizes[task], derive_seed(seed, "task", task), DataOrder::shuffled);
    first_.push_back(first_.back() + sizes[task]);
  }
  if (first_.back() != whole_.size()) {
    throw std::invalid_argument(fmt::format("the tasks have {} examples together, the set has {}",
                                            first_.back(), whole_.size()));
  }
}

void TaskOrders::check(const std::vector<std::int64_t>& counts) const {
  if (counts.size() != tasks()) {
    throw std::invalid_argument(
        fmt::format("next_of_tasks() got {} counts for {} tasks", counts.size(), tasks()));
  }
  std::int64_t sum = 0;
  for (const auto count : counts) {
    if (count < 0) throw std::invalid_argument("next_of_tasks() got a negative count");
    sum += count;
  }
  if (sum == 0) throw std::invalid_argument("next_of_tasks() was asked for no examples");
}

void TaskOrders::advance(const std::vector<std::int64_t>& counts) {
  for (std::size_t task = 0; task < tasks(); ++task) drawn_[task] += counts[task];
}

std::size_t TaskOrders::task_of(std::int64_t example) const {
  const auto next = std::upper_bound(first_.begin(), first_.end(), example);
  return static_cast<std::size_t>(next - first_.begin()) - 1;
}

const std::vector<std::int64_t>& TaskOrders::counted(std::int64_t drawn) {
  const std::int64_t pass = drawn / whole_.size(), from_pass = counted_to_ / whole_.size();
  if (pass != from_pass || drawn < counted_to_) {
    counted_to_ = pass * whole_.size();
    for (std::size_t task = 0; task < tasks(); ++task) {
      counts_[task] = pass * orders_[task].size();
    }
  }
  whole_.visit(counted_to_, drawn - counted_to_,
               [&](std::int64_t example) { ++counts_[task_of(example)]; });
  counted_to_ = drawn;
  return counts_;
}

}  // namespace timetrial::sdk
