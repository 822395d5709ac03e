#include "workloads/data/subset.h"

#include <timetrial/random.h>

#include <numeric>
#include <stdexcept>
#include <utility>

namespace timetrial::data {

std::vector<std::int64_t> subset(std::int64_t of, std::int64_t count, std::string_view purpose) {
  if (count < 0 || count > of) throw std::invalid_argument("subset: more than there are");
  std::vector<std::int64_t> order(static_cast<std::size_t>(of));
  std::iota(order.begin(), order.end(), 0);
  Random random(hash_text(purpose));
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    std::swap(order[i], order[i + random.below(order.size() - i)]);
  }
  order.resize(static_cast<std::size_t>(count));
  return order;
}

}  // namespace timetrial::data
