#pragma once
// Whether a plan's libraries can be loaded, seen before anything of it is written down.

#include "harness/cli/command.h"
#include "harness/sweep/plan.h"

#include <span>

namespace timetrial::cli {

/// Has the worker load each library, once however many plans it is in; says on stderr which one is
/// no fit library, and why. One that hangs, crashes or ends in another way while it is loaded
/// passes: that is its trials' outcome.
bool all_load(const Program& program, std::span<const sweep::Plan> plans);

}  // namespace timetrial::cli
