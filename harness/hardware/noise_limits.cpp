#include "harness/hardware/noise_limits.h"

#include <fmt/core.h>

#include <cmath>

namespace timetrial::hardware {
namespace {

void judge(std::vector<std::string>& reasons, const std::optional<double>& fraction, double limit,
           const char* what) {
  if (!fraction || *fraction <= limit) return;
  reasons.push_back(
      fmt::format("{} {:.3g} % (at most {:.3g} %)", what, 100 * *fraction, 100 * limit));
}

}  // namespace

std::vector<std::string> out_of_range(const Noise& noise, const NoiseLimits& limits) {
  std::vector<std::string> reasons;
  if (noise.duration_s < limits.judged_from_s) return reasons;
  judge(reasons, noise.steal_fraction, limits.steal_fraction,
        "processor time taken by the hypervisor:");
  judge(reasons, noise.others_fraction, limits.others_fraction,
        "processor time of other processes:");
  judge(reasons, noise.throttled_fraction, limits.throttled_fraction, "slowed down by heat for");
  if (limits.step_drift && noise.step_drift && std::abs(*noise.step_drift) > *limits.step_drift) {
    reasons.push_back(fmt::format("a step took {:+.3g} % at the end (at most {:.3g} % either way)",
                                  100 * *noise.step_drift, 100 * *limits.step_drift));
  }
  return reasons;
}

}  // namespace timetrial::hardware
