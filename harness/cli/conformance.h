#pragma once
// What `submission check`, `workload check` and `metric check` share: timetrial-check is run, since
// what is checked may crash, and its answer collected and printed.

#include "harness/cli/command.h"

#include <string>
#include <vector>

namespace timetrial::cli {

/// Runs timetrial-check with these arguments and prints a table, or {"checks": [{"name", "passed",
/// "error", "tolerance", "detail"}]}. A crash is a failed check. Returns ExitCode::check_failed
/// unless all passed, ExitCode::bad_input when it could not begin.
ExitCode run_checks(const Program& program, const std::vector<std::string>& arguments, bool json);

}  // namespace timetrial::cli
