#pragma once
// What this machine is and whether it is fit to measure on: read from /proc and /sys, never
// guessed.

#include "harness/cli/check_list.h"

#include <filesystem>
#include <vector>

namespace timetrial::cli {

/// Cores, memory, load, CPU governor, power supply, GPU. `root` is "/" but in tests.
std::vector<Check> machine_checks(const std::filesystem::path& root);

/// Whether workers can be kept in namespaces of their own here.
Check sandbox_check();

}  // namespace timetrial::cli
