#pragma once
// Runs what is missing of a study: prepares its data, checks its libraries, adds its sweeps to a
// store and runs them, one after the other.

#include "harness/cli/command.h"
#include "harness/cli/run_options.h"
#include "harness/study/study.h"

#include <cstdint>

namespace timetrial::cli {

/// `flags.store` names the store. Says on stderr which sweep it is at. `done` also when some trials
/// failed, which is theirs; else what went wrong, such as an interruption: called again it goes on.
ExitCode run_study(const Program& program, const study::Study& study, const RunFlags& flags,
                   std::uint64_t seed);

}  // namespace timetrial::cli
