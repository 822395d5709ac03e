#pragma once
// Combinations of task gradients against recorded ones: `timetrial multitask check F.json…`.
//
//   {"method": "CAGrad", "options": {"calpha": 0.5, "rescale": 1},
//    "task_gradients": [[…], …],  K rows of equal length: of the shared parameters
//    "task_losses": […],          K
//    "combined_gradient": […]}    what the method leaves in the shared parameters' gradient
//
// Methods and options have LibMTL's names, and the numbers are those of its first call: no history,
// epoch 0.

#include "harness/trial/checker.h"

#include <filesystem>
#include <vector>

namespace timetrial::conformance {

/// One result per record, named by the file's stem. Throws InputError for a file that cannot be
/// read or is no such record, naming file and place, before any check runs.
std::vector<CheckResult> check_multitask(const std::vector<std::filesystem::path>& records,
                                         const CheckProgress& progress);

}  // namespace timetrial::conformance
