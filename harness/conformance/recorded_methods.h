#pragma once
// LibMTL's methods, by its names for them and for their options, as the SDK's rules.

#include "harness/conformance/recorded_combination.h"

#include <timetrial/multitask.h>

#include <cstddef>
#include <string>
#include <vector>

namespace timetrial::conformance {

/// One answer that LibMTL may give to a record.
struct Answer {
  std::vector<multitask::Coefficients> coefficients;  ///< of each group
  const char* detail = "";  ///< where the answer is not simply the method's
};

struct Answers {
  std::vector<Answer> possible;        ///< at least one, the method's own first
  std::vector<std::size_t> ends = {};  ///< of the groups: columns of the gradients
  double tolerance = 1e-5;             ///< of the largest entry of the combined gradient
  /// Or, where the reference ends a search early, of the largest entry of what it combines: the
  /// gradients divided by these.
  std::vector<double> divisors;
};

/// Throws InputError naming the record and the methods that are known, or what is wrong with its
/// options.
Answers answer(const RecordedCombination& record);

}  // namespace timetrial::conformance
