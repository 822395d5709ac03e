#pragma once
// Metrics, losses and preprocessing against records of a reference implementation: each record is
// given to whoever registered for it (workloads/recorded_metric.h).

#include "harness/trial/checker.h"

#include <filesystem>
#include <vector>

namespace timetrial::conformance {

/// Results are named "RECORD: CHECK", RECORD being the file's stem. Throws InputError for a file
/// that cannot be read or that nobody registered for, before any check runs, and for one that
/// lacks what its check needs.
std::vector<CheckResult> check_metrics(const std::vector<std::filesystem::path>& records,
                                       const CheckProgress& progress);

}  // namespace timetrial::conformance
