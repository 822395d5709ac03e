#pragma once
// How much noise a trial may have had for its times to count. Beyond, it is quarantined: kept, and
// not scored. docs/hardware.md says where the defaults come from.

#include "harness/hardware/noise.h"

#include <optional>
#include <string>
#include <vector>

namespace timetrial::hardware {

/// Fractions in [0, 1]; 1 is never exceeded.
struct NoiseLimits {
  double steal_fraction = 0.05;
  double others_fraction = 0.35;
  double throttled_fraction = 0.1;
  /// Unset: not judged, since a training algorithm may change what a step costs.
  std::optional<double> step_drift = std::nullopt;
  /// Attempts of less submission time are not judged: the kernel counts in ticks of 10 ms, and one
  /// program that starts beside a short trial looks like a busy machine.
  double judged_from_s = 10;
};

/// Why the noise of an attempt is out of range, one phrase for each limit, such as "other processes
/// had 61 % of the processors (at most 35 %)". What the kernel did not tell is not judged. Empty:
/// within.
std::vector<std::string> out_of_range(const Noise& noise, const NoiseLimits& limits);

}  // namespace timetrial::hardware
