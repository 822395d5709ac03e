#pragma once
// Whether training became slower or faster while a trial ran.

#include <cstdint>
#include <optional>
#include <vector>

namespace timetrial::hardware {

/// From one Go to the next snapshot.
struct Stretch {
  double time_s = 0;  ///< submission time
  std::int64_t steps = 0;
};

/// The median time of a step in the last third of the stretches over that in the first third, less
/// one: 0.1 is 10 % slower at the end. The first stretch is left out (kernels are chosen and memory
/// is taken for the first time), as are those without a step. Unset with fewer than three stretches
/// in a third.
std::optional<double> step_drift(const std::vector<Stretch>& stretches);

}  // namespace timetrial::hardware
