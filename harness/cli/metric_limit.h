#pragma once
// --metric-limit of the commands that tell divergence.

#include "harness/cli/command.h"
#include "scoring/sweep_divergence.h"

#include <string>

namespace timetrial::cli {

/// Adds it. The word is a number or "none"; throws InputError for another.
void add_metric_limit(CommandLine command, scoring::LimitChoice& limit, const std::string& help);

}  // namespace timetrial::cli
