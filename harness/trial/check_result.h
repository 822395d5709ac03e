#pragma once
// What one conformance check found, of a submission, a workload or a metric.

#include <string>

namespace timetrial {

/// `error` and `tolerance` are in the unit of the check: the largest relative or absolute
/// difference, or a count. A check that ended in an exception has an infinite error.
struct CheckResult {
  std::string name = {};
  bool passed = false;
  double error = 0, tolerance = 0;
  std::string detail = {};  ///< one line; empty when the numbers say all
};

}  // namespace timetrial
