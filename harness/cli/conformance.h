#pragma once
// What `submission check`, `workload check`, `metric check` and `multitask check` share:
// timetrial-check is run, since what is checked may crash, and its answer collected and printed.

#include "harness/cli/command.h"

#include <nlohmann/json_fwd.hpp>

#include <exception>
#include <string>
#include <vector>

namespace timetrial::cli {

/// Runs timetrial-check with these arguments. Gives [{"name", "passed", "error", "tolerance",
/// "detail"}]; a crash is a failed check. Throws BadInputSaid when it could not begin, having said
/// why.
nlohmann::json run_checks(const Program& program, const std::vector<std::string>& arguments);

/// The process that was run has said on stderr what is wrong with the input.
class BadInputSaid : public std::exception {};

/// Prints a table, or {"checks": […]}. Returns ExitCode::check_failed unless all passed.
ExitCode print_checks(const nlohmann::json& checks, bool json);

/// Both. Returns ExitCode::bad_input when it could not begin.
ExitCode run_and_print_checks(const Program& program, const std::vector<std::string>& arguments,
                              bool json);

}  // namespace timetrial::cli
