#pragma once
// Runs an executable that lies beside timetrial, such as timetrial-worker, and takes its answer.

#include "harness/cli/command.h"
#include "harness/sandbox/spawn.h"

#include <string>
#include <vector>

namespace timetrial::cli {

struct SiblingResult {
  sandbox::ExitStatus status;
  std::string output;  ///< all of its standard output
};

/// Runs it to its end with this process's environment; its standard error goes to ours. Throws
/// InputError when it is not there.
SiblingResult run_sibling(const Program& program, const std::string& name,
                          const std::vector<std::string>& arguments);

/// True if it ended by itself with code 0.
bool succeeded(const SiblingResult& result);

}  // namespace timetrial::cli
