#pragma once
// NVIDIA GPUs by way of the driver's management library, loaded when it is there: the program links
// against nothing of NVIDIA's. Source: NVML API reference, "Device Queries".

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::hardware {

struct Gpu {
  std::string name;  ///< such as "NVIDIA H100 PCIe"
  std::int64_t memory_mb = 0;
  std::string driver;
};

/// All GPUs that the driver shows; empty when there is no driver, or none works.
std::vector<Gpu> detect_gpus();

/// For how long each of them was slowed down by heat since the driver was loaded, seconds; unset
/// where the driver does not tell. Source: NVML, nvmlDeviceGetViolationStatus.
std::vector<std::optional<double>> gpu_heat_throttled_s();

}  // namespace timetrial::hardware
