#pragma once
// Hyperparameters that many trials share: thousands of trials have a handful of points.

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace timetrial::scoring {

/// A point that never changes; copies share its memory.
class SharedPoint {
 public:
  using Values = std::map<std::string, double>;

  SharedPoint() : SharedPoint(Values()) {}
  SharedPoint(Values values) : values_(std::make_shared<const Values>(std::move(values))) {}

  const Values& operator*() const { return *values_; }
  const Values* operator->() const { return values_.get(); }

  friend bool operator==(const SharedPoint& a, const SharedPoint& b) {
    return a.values_ == b.values_ || *a == *b;
  }

 private:
  std::shared_ptr<const Values> values_;
};

}  // namespace timetrial::scoring
