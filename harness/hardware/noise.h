#pragma once
// How quiet the machine was while something was measured. Read from /proc; needs no rights.
//
//   const NoiseProbe probe(worker_pid);   // start
//   …
//   end.noise_json = to_json(probe.stop());

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

namespace timetrial::hardware {

/// Between start and stop. What the kernel does not tell is unset.
struct Noise {
  double load_before = 0, load_after = 0;  ///< mean number of running tasks over a minute
  double steal_s = 0;                      ///< processor time the hypervisor took, all CPUs
  double busy_fraction = 0;                ///< of all CPUs, by any process; in [0, 1]
  std::optional<double> cpu_pressure_s;    ///< time in which some task waited for a CPU
  std::optional<std::int64_t> involuntary_switches;  ///< of the process watched, all its threads
};

std::string to_json(const Noise& noise);

class NoiseProbe {
 public:
  /// Starts. `pid` is the process whose threads are watched. Never throws for what cannot be read.
  explicit NoiseProbe(pid_t pid, std::filesystem::path proc = "/proc");
  /// What happened since the start; may be called again. Switches are unset once the process is
  /// gone.
  Noise stop() const;

 private:
  struct Sample {
    double load = 0;
    double steal_ticks = 0, busy_ticks = 0, all_ticks = 0;
    std::optional<double> cpu_pressure_s;
    std::optional<std::int64_t> involuntary_switches;
  };
  Sample sample() const;

  pid_t pid_;
  std::filesystem::path proc_;
  Sample before_;
};

}  // namespace timetrial::hardware
