#include "harness/sdk/shuffled_order.h"

#include <timetrial/random.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace timetrial::sdk {

ShuffledOrder::ShuffledOrder(std::int64_t size, std::uint64_t seed, DataOrder order)
    : size_(size), seed_(seed), data_order_(order), block_(size > kLargestShuffled ? kBlock : 1) {}

void ShuffledOrder::arrange(std::int64_t pass) {
  if (pass == pass_) return;
  pass_ = pass;
  const std::int64_t whole = size_ / block_;
  order_.resize(static_cast<std::size_t>((size_ + block_ - 1) / block_));
  std::iota(order_.begin(), order_.end(), 0);
  if (data_order_ == DataOrder::stored) return;
  Random random(derive_seed(seed_, "data order", static_cast<std::uint64_t>(pass)));
  for (auto i = static_cast<std::size_t>(whole); i > 1; --i) {
    std::swap(order_[i - 1], order_[random.below(i)]);
  }
}

void ShuffledOrder::append(BatchPlan& plan, std::int64_t drawn, std::int64_t count,
                           std::int64_t offset) {
  for (const std::int64_t end = drawn + count; drawn < end;) {
    const std::int64_t pass = drawn / size_, place = drawn % size_;
    const std::int64_t here = std::min(end - drawn, size_ - place);
    arrange(pass);
    plan.parts.push_back({pass, {}});
    auto& indices = plan.parts.back().indices;
    indices.reserve(static_cast<std::size_t>(here));
    for (std::int64_t i = 0; i < here; ++i) indices.push_back(offset + number(place + i));
    drawn += here;
  }
}

void ShuffledOrder::visit(std::int64_t drawn, std::int64_t count,
                          const std::function<void(std::int64_t)>& visitor) {
  for (const std::int64_t end = drawn + count; drawn < end; ++drawn) {
    arrange(drawn / size_);
    visitor(number(drawn % size_));
  }
}

}  // namespace timetrial::sdk
