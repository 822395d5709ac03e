#pragma once
// The checks of one workload: against recorded cases, else on its own prepared data.

#include "harness/trial/checker.h"

#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::conformance {

struct WorkloadCheckOptions {
  std::string workload;
  std::vector<std::filesystem::path> cases;  ///< recorded, F.safetensors or F.json
  std::filesystem::path data;                ///< prepared data sets
};

/// With cases, for each what case_check.h lists and, on its batch, "CASE: gradient" and
/// "CASE: deterministic". Where the workload's data are prepared:
///
///   gradient                properties.h
///   deterministic
///   overfits_one_batch
///   evaluation_batch_size   data_checks.h
///   evaluation_threads
///   halves_are_disjoint
///
/// Throws InputError for an unknown workload (nearest names), a bad case, and where there is
/// neither case nor prepared data (with the command that prepares it), before any check runs.
std::vector<CheckResult> check_workload(const WorkloadCheckOptions& options,
                                        const CheckProgress& progress);

}  // namespace timetrial::conformance
