#pragma once
// Processor time from /proc, in the kernel's ticks: of some CPUs, and of this process with all that
// it started. Source: proc(5), /proc/stat and /proc/pid/stat. Nothing throws: what cannot be read
// counts 0.

#include <filesystem>
#include <vector>

namespace timetrial::hardware {

struct CpuTicks {
  double all = 0;
  double busy = 0;   ///< by any process
  double steal = 0;  ///< taken by the hypervisor
};

/// Of the CPUs of these numbers; of all when none is listed by itself.
CpuTicks read_cpu_ticks(const std::filesystem::path& proc, const std::vector<int>& cpus);

/// Of this process and its descendants, ended ones included (their parent, or this process, which
/// adopts orphans where it is a subreaper, has their time once it has waited for them).
double read_own_ticks(const std::filesystem::path& proc);

/// Ticks in a second.
double ticks_per_s();

}  // namespace timetrial::hardware
