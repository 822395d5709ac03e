#include "harness/hardware/throttling.h"

#include "harness/hardware/nvml.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>

namespace timetrial::hardware {
namespace {

void read_into(std::map<std::string, double>& counters, const std::string& part,
               const std::filesystem::path& file, double unit) {
  double value = 0;
  if (std::ifstream(file) >> value) counters[part] = value * unit;
}

std::optional<double> most(const std::map<std::string, double>& before,
                           const std::map<std::string, double>& after) {
  std::optional<double> result;
  for (const auto& [part, value] : after) {
    const auto start = before.find(part);
    if (start == before.end()) continue;
    result = std::max(result.value_or(0), value - start->second);
  }
  return result;
}

}  // namespace

ThrottleCounters read_throttle_counters(const std::filesystem::path& sys,
                                        const std::vector<int>& cpus, bool gpus) {
  ThrottleCounters counters;
  for (const int cpu : cpus) {
    const auto folder = sys / fmt::format("devices/system/cpu/cpu{}/thermal_throttle", cpu);
    for (const char* kind : {"core", "package"}) {
      const auto part = fmt::format("cpu{}/{}", cpu, kind);
      read_into(counters.events, part, folder / fmt::format("{}_throttle_count", kind), 1);
      read_into(counters.time_s, part, folder / fmt::format("{}_throttle_total_time_ms", kind),
                1e-3);
    }
  }
  if (!gpus) return counters;
  const auto heat = gpu_heat_throttled_s();
  for (std::size_t i = 0; i < heat.size(); ++i) {
    if (heat[i]) counters.time_s[fmt::format("gpu{}", i)] = *heat[i];
  }
  return counters;
}

std::optional<double> most_events(const ThrottleCounters& before, const ThrottleCounters& after) {
  return most(before.events, after.events);
}

std::optional<double> most_time_s(const ThrottleCounters& before, const ThrottleCounters& after) {
  return most(before.time_s, after.time_s);
}

}  // namespace timetrial::hardware
