#pragma once
// How quiet the machine was before, during and after something that was measured. Read from /proc,
// /sys and NVML; needs no rights.
//
//   const NoiseProbe probe(worker_pid);   // start
//   …
//   end.noise_json = to_json(probe.stop());

#include "harness/hardware/throttling.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace timetrial::hardware {

/// Between start and stop. What the machine does not tell is unset. Fractions are of the processor
/// time of the CPUs that this process may use.
struct Noise {
  double duration_s = 0;                        ///< from start to stop, evaluations included
  double load_before = 0, load_after = 0;       ///< mean number of running tasks over a minute
  std::optional<double> mhz_before, mhz_after;  ///< mean frequency of the CPUs
  /// Time that a fixed piece of arithmetic took on one CPU, the least of a few: a machine that is
  /// slower after a trial than before it was disturbed, or is hot.
  double reference_ms_before = 0, reference_ms_after = 0;
  double steal_s = 0, steal_fraction = 0;  ///< processor time the hypervisor took
  double busy_fraction = 0;                ///< by any process; in [0, 1]
  /// By processes that are neither this one nor started by it. Unset under a CPU quota: then the
  /// same CPUs are others' by right.
  std::optional<double> others_fraction;
  std::optional<double> cpu_pressure_s;              ///< time in which some task waited for a CPU
  std::optional<std::int64_t> involuntary_switches;  ///< of the process watched, all its threads
  std::optional<double> throttle_events;     ///< of the processor that was slowed down most often
  std::optional<double> throttled_fraction;  ///< of `duration_s`, likewise; GPUs included
  std::optional<double> step_drift;          ///< step_drift.h; whoever knows the steps sets it
};

std::string to_json(const Noise& noise);

class NoiseProbe {
 public:
  /// Where to read; other roots are for tests.
  struct Sources {
    std::filesystem::path proc = "/proc";
    std::filesystem::path sys = "/sys";
    bool gpus = true;
    std::vector<int> cpus = {};  ///< none: those that this process may use
  };

  /// Starts. `pid` is the process whose threads are watched. Never throws for what cannot be read.
  explicit NoiseProbe(pid_t pid) : NoiseProbe(pid, Sources{}) {}
  NoiseProbe(pid_t pid, Sources sources);
  /// Notes the switches of the process watched, and processor time, while it is there: with the
  /// first process of a PID namespace that is killed, the time of the others in it is lost.
  void look();
  /// What happened since the start; may be called again. Of a process that has gone, switches are
  /// those up to the last look.
  Noise stop() const;

 private:
  struct Sample {
    double uptime_s = 0, load = 0, reference_ms = 0;
    std::optional<double> mhz;
    double steal_ticks = 0, busy_ticks = 0, all_ticks = 0, own_ticks = 0;
    std::optional<double> cpu_pressure_s;
    std::optional<std::int64_t> involuntary_switches;
    ThrottleCounters throttling;
  };
  Sample sample() const;
  bool has_quota() const;

  pid_t pid_;
  Sources sources_;
  Sample before_;
  std::optional<std::int64_t> last_switches_;
  double last_own_ticks_ = 0;
};

}  // namespace timetrial::hardware
