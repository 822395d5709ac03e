#include "scoring/rolling_median.h"

#include <algorithm>
#include <cassert>
#include <stdexcept>

namespace timetrial::scoring {

void RollingMedian::add(double value) {
  sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), value), value);
}

void RollingMedian::remove(double value) {
  const auto place = std::lower_bound(sorted_.begin(), sorted_.end(), value);
  if (place == sorted_.end() || *place != value) {
    throw std::logic_error("a value leaves the window that never entered it");
  }
  sorted_.erase(place);
}

double RollingMedian::median() const {
  assert(!sorted_.empty());
  const std::size_t middle = sorted_.size() / 2;
  if (sorted_.size() % 2 == 1) return sorted_[middle];
  return sorted_[middle - 1] / 2 + sorted_[middle] / 2;
}

double RollingMedian::median_distance() const {
  // The nearest `nearest` values lie side by side; which ones: where the far end of the left and
  // that of the right are at about equal distances, since the one falls and the other rises.
  const double center = median();
  const std::size_t nearest = sorted_.size() / 2 + 1, last = sorted_.size() - nearest;
  const auto left = [&](std::size_t first) { return center - sorted_[first]; };
  const auto right = [&](std::size_t first) { return sorted_[first + nearest - 1] - center; };
  std::size_t low = 0, high = last;  // the first place whose right end is not nearer than its left
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (right(middle) >= left(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  double distance = std::max(left(low), right(low));
  if (low > 0) distance = std::min(distance, std::max(left(low - 1), right(low - 1)));
  return distance;
}

}  // namespace timetrial::scoring
