#pragma once
// What a machine of a profile should be able to do: ranges of a few measurements, and how one
// machine compares. The measuring is timetrial-worker's, which has LibTorch (harness/worker/
// qualify.h); this is arithmetic on its answer.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace timetrial::hardware {

/// A measurement's key in profiles and JSON, its unit, and what it is.
struct Measure {
  const char* key;
  const char* unit;
  const char* description;
};
inline constexpr std::array kMeasures{
    Measure{"gemm_gflops", "GFLOP/s", "matrix product"},
    Measure{"convolution_gflops", "GFLOP/s", "convolution"},
    Measure{"triad_gb_per_s", "GB/s", "memory bandwidth (STREAM triad)"},
    Measure{"training_steps_per_s", "steps/s", "reference training step"}};

/// Includes both ends.
struct Range {
  double min = 0, max = 0;
};

/// A profile's expectations. Without ranges nothing is known to compare with.
struct Qualification {
  std::int64_t threads = 0;             ///< they hold for so many
  std::map<std::string, Range> ranges;  ///< by key of kMeasures
};

/// One measurement, repeated.
struct Measured {
  double median = 0, low = 0, high = 0;
  int repeats = 0;
};
struct Measurement {
  std::string device;
  std::int64_t threads = 0;
  std::map<std::string, Measured> values;  ///< by key of kMeasures
};

/// Reads the worker's answer. Throws InputError when it is not what this program expects.
Measurement parse_measurement(const std::string& json);

/// One line for each median outside of its range, such as "gemm_gflops: 12.1 GFLOP/s, 40 % below
/// the least expected, 20"; empty when all are within. A measure without a range is not compared.
std::vector<std::string> outside(const Qualification& qualification,
                                 const Measurement& measurement);

}  // namespace timetrial::hardware
