#pragma once
// How this process may use the machine, and the state that the machine is in: what a fingerprint
// leaves out, since it differs from one start to the next on the same machine.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::hardware {

struct Settings {
  std::vector<int> cpus;  ///< numbers of those that this process may run on, ascending
  /// Environment variables that decide how many threads compute, and where; only those that are
  /// set.
  std::map<std::string, std::string> threads;
};
Settings detect_settings();

/// One JSON object: "affinity" ("0-3,8"), "thread_settings" (an object).
std::string to_json(const Settings& settings);

/// "0-3,8", as taskset has it.
std::string cpu_list(const std::vector<int>& cpus);

/// The CPU quota of this cgroup in CPUs ("quota period" of cpu.max); unset without one.
std::optional<double> cpu_quota(const std::filesystem::path& sys = "/sys");

/// The present frequency of the CPUs, their mean, in MHz; unset where the kernel does not tell.
/// From cpufreq where there is one, else from /proc/cpuinfo.
std::optional<double> current_mhz(const std::filesystem::path& proc = "/proc",
                                  const std::filesystem::path& sys = "/sys");

}  // namespace timetrial::hardware
