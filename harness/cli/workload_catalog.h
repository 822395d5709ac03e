#pragma once
// Facts of all workloads without LibTorch: what `timetrial-worker describe` prints, asked once per
// build of the worker and kept in $XDG_CACHE_HOME/timetrial/describe-<hash>.json, where the hash is
// of the worker's path, size and time of change.

#include "harness/cli/command.h"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace timetrial::cli {

/// The array of workloads/describe.h, sorted by name. A cache that cannot be read or written is
/// done without. Throws InputError when the worker is not there, std::runtime_error when it fails.
nlohmann::ordered_json workload_catalog(const Program& program);

/// The workload of that name. Throws InputError naming the nearest known ones.
nlohmann::ordered_json workload_facts(const Program& program, const std::string& name);

}  // namespace timetrial::cli
