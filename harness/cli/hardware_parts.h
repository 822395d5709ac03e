#pragma once
// The subcommands of `timetrial hardware`, a file each.

#include "harness/cli/command.h"

#include <nlohmann/json_fwd.hpp>

namespace timetrial::cli {

void add_hardware_show(CommandLine hardware, Program& program);
void add_hardware_profile(CommandLine hardware, Program& program);
void add_hardware_qualify(CommandLine hardware, Program& program);

/// What LibTorch on this machine is, and how it was built, as `timetrial-worker version` says.
/// Throws InputError when the worker cannot start.
nlohmann::ordered_json worker_versions(const Program& program);

}  // namespace timetrial::cli
