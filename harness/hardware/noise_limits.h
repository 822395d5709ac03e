#pragma once
// How much noise a trial may have had for its times to count. Beyond, it is quarantined: kept, and
// not scored. docs/hardware.md says where the defaults come from.

#include "harness/hardware/noise.h"

#include <optional>
#include <string>
#include <vector>

namespace timetrial::hardware {

/// Fractions in [0, 1]; 1 is never exceeded. The defaults are for machines that people also use:
/// beyond them a trial says nothing at all, even beside others that ran in the same hour.
struct NoiseLimits {
  double steal_fraction = 0.1;
  double others_fraction = 0.75;
  double throttled_fraction = 0.5;
  /// Unset: not judged, since a training algorithm may change what a step costs.
  std::optional<double> step_drift = std::nullopt;
  /// Shorter attempts, evaluations included, are not judged: the kernel counts in ticks of 10 ms,
  /// and one program that starts beside a short trial looks like a busy machine.
  double judged_from_s = 10;
};

/// Why the noise of an attempt is out of range, a phrase for each limit, such as "processor time of
/// other processes: 81 % (at most 75 %)". What the machine did not tell is not judged. Empty:
/// within.
std::vector<std::string> out_of_range(const Noise& noise, const NoiseLimits& limits);

}  // namespace timetrial::hardware
