#pragma once
// What machine this is, as far as it matters for training times. Read from /proc, /sys and NVML;
// needs no rights. What a container is allowed (CPU affinity, cgroup quotas) counts, not what the
// machine has.
//
// Only what stays while the machine stays: frequencies and load of the moment, affinity and thread
// settings are in settings.h. Two equal hashes are the same machine in the same state of repair.

#include "harness/hardware/nvml.h"
#include "harness/hardware/topology.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::hardware {

struct Fingerprint {
  std::string cpu_model;               ///< "unknown" when /proc does not say
  std::vector<std::string> cpu_flags;  ///< vector and matrix extensions, sorted
  double usable_cpus = 0;              ///< logical CPUs this process may use; a quota may be 1.5
  std::int64_t machine_cpus = 0;       ///< logical CPUs online
  std::int64_t machine_cores = 0;      ///< physical cores, 0 when /proc does not say
  Topology topology;                   ///< packages, NUMA nodes and caches
  std::int64_t min_mhz = 0;            ///< lowest frequency of a CPU, 0 when /sys does not say
  std::int64_t max_mhz = 0;            ///< highest one, with its boost; likewise
  std::int64_t memory_mb = 0;          ///< mebibytes this process may use
  std::string kernel;                  ///< such as "Linux 6.1.0-18-amd64 x86_64"
  std::string governor = "unknown";    ///< CPU frequency governor, when readable
  bool virtual_machine = false;        ///< a hypervisor is present
  std::vector<Gpu> gpus;               ///< empty without NVIDIA's driver
};

/// Where to read; other roots are for tests.
struct Sources {
  std::filesystem::path proc = "/proc";
  std::filesystem::path sys = "/sys";
  bool gpus = true;
  bool topology = true;  ///< ask hwloc, which knows the true machine alone
};

/// Never throws for a missing or odd file: what cannot be read stays at its default.
Fingerprint detect(const Sources& sources = {});

/// One JSON object, keys in a fixed order; "gpus" is a list, empty for none.
std::string to_json(const Fingerprint& fingerprint);

/// SHA-256 of the JSON, hex.
std::string hash(const Fingerprint& fingerprint);

}  // namespace timetrial::hardware
