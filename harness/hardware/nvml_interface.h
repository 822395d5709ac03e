#pragma once
// The parts of NVML's binary interface that are used here; stable since version 2 of the calls.
// Source: nvml.h of NVIDIA's driver. The tests' stand-in for the library has the same types from
// here, so that a sanitizer sees its functions called by their own type.

namespace timetrial::hardware::nvml {

using Device = void*;
struct Memory {
  unsigned long long total, free, used;  ///< bytes
};
struct Violation {
  unsigned long long reference_us, violation_ns;
};
constexpr int kSuccess = 0;
constexpr int kThermal = 1;  ///< NVML_PERF_POLICY_THERMAL

}  // namespace timetrial::hardware::nvml
