#pragma once
// How often, and for how long, processors and GPUs slowed down because they were too hot. Counters
// since start-up, of which two readings are compared. Sources: the kernel's
// Documentation/ABI/testing/sysfs-devices-system-cpu (thermal_throttle; Intel's processors alone
// have it); NVML, "Device Queries", violation status. A GPU at its power limit is at work as
// designed, and does not count.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::hardware {

struct ThrottleCounters {
  std::map<std::string, double> events;  ///< by part, such as "cpu0/core"
  std::map<std::string, double> time_s;  ///< by part; GPUs have this alone
};

/// Of the CPUs of these numbers and, if asked for, of all GPUs. Never throws.
ThrottleCounters read_throttle_counters(const std::filesystem::path& sys,
                                        const std::vector<int>& cpus, bool gpus);

/// The most of any part between two readings; unset when no part has such a counter in both.
std::optional<double> most_events(const ThrottleCounters& before, const ThrottleCounters& after);
std::optional<double> most_time_s(const ThrottleCounters& before, const ThrottleCounters& after);

}  // namespace timetrial::hardware
