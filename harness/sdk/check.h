#pragma once
// What every submission must get right, tried on the fixture network. A submission's own failures
// are results, not errors: an exception from one of its hooks is a failed check.

#include "harness/trial/checker.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace timetrial::sdk {

struct CheckOptions {
  std::filesystem::path library;
  /// For the checks without a trajectory; empty: the first trajectory's, or none.
  std::map<std::string, double> point;
  std::vector<std::filesystem::path> trajectories;  ///< F.safetensors, each with F.json beside it
};

/// Runs all checks in order, on one thread:
///
///   loads                   the library opens and makes a submission
///   batch_size              at least 1
///   steps                   20 updates leave parameters changed and finite, and gradients cleared
///   deterministic           two runs have bitwise the same parameters
///   save_load               saved after 10 steps and loaded into a new one, the next 10 are
///   bitwise
///                           those that would have followed
///   evaluation_is_neutral   prepare_for_eval changes no later step by a bit
///   unreached_parameter     a parameter without a gradient is no error
///   trajectory F: P         for each parameter P, the error over all steps relative to the largest
///                           expected value, with the tolerance of the file
///
/// Throws InputError for a library that cannot be loaded and for a bad trajectory file, the latter
/// before any check runs.
std::vector<CheckResult> check_submission(const CheckOptions& options,
                                          const CheckProgress& progress);

}  // namespace timetrial::sdk
