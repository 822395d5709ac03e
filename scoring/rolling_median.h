#pragma once
// The median, and the median distance from it, of values that come and go.
//
// Kept sorted in one array: adding or removing a value takes a binary search, O(log w) comparisons,
// and moves what lies behind it, at most w doubles (1.6 kB for w = 201); reading either median
// takes O(log w) at most.

#include <cstddef>
#include <vector>

namespace timetrial::scoring {

class RollingMedian {
 public:
  /// A finite value.
  void add(double value);
  /// Throws std::logic_error for a value that is not there.
  void remove(double value);
  std::size_t size() const { return sorted_.size(); }
  /// Of an even number of values: the mean of the two in the middle. Needs a value.
  double median() const;
  /// The median of |value - median()| (MAD); of an even number of values the upper one of the two
  /// in the middle. Needs a value.
  double median_distance() const;

 private:
  std::vector<double> sorted_;
};

}  // namespace timetrial::scoring
