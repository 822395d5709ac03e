// A stand-in for NVIDIA's libnvidia-ml.so.1 with two GPUs, of which the second does not tell how
// long it was slowed down. Its heat in nanoseconds is FAKE_NVML_HEAT_NS.
#include "harness/hardware/nvml_interface.h"

#include <cstdio>
#include <cstdlib>

namespace {

using timetrial::hardware::nvml::kThermal;
using timetrial::hardware::nvml::Memory;
using timetrial::hardware::nvml::Violation;
constexpr int kNotSupported = 3;
int devices[2];

}  // namespace

extern "C" {

int nvmlInit_v2() { return std::getenv("FAKE_NVML_BROKEN") == nullptr ? 0 : 9; }
int nvmlShutdown() { return 0; }
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 2;
  return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = &devices[index];
  return 0;
}
int nvmlDeviceGetName(void*, char* name, unsigned length) {
  std::snprintf(name, length, "NVIDIA Fake");
  return 0;
}
int nvmlDeviceGetMemoryInfo(void*, Memory* memory) {
  memory->total = 80ULL << 30;
  return 0;
}
int nvmlSystemGetDriverVersion(char* version, unsigned length) {
  std::snprintf(version, length, "550.1");
  return 0;
}
int nvmlDeviceGetViolationStatus(void* device, int policy, Violation* violation) {
  if (device == &devices[1] || policy != kThermal) return kNotSupported;
  const char* heat = std::getenv("FAKE_NVML_HEAT_NS");
  violation->violation_ns = heat == nullptr ? 0 : std::strtoull(heat, nullptr, 10);
  return 0;
}

}  // extern "C"
