#pragma once
// Options shared by the subcommands that run trials.

#include "harness/cli/command.h"
#include "harness/sweep/display.h"
#include "harness/sweep/plan.h"
#include "harness/sweep/run.h"

#include <filesystem>
#include <string>

namespace timetrial::cli {

struct RunFlags {
  std::string store, data;
  std::string device = "cpu";
  int threads = 0;  ///< 0: all cores that this process may use
  int jobs = 1;
  bool share_device = false;
  std::string sandbox;  ///< "full", or "none": workers get no namespaces; empty: TIMETRIAL_SANDBOX
  std::string progress = "auto";
};
/// Adds --store, --data, --device, --threads, --jobs, --share-device, --sandbox, --progress.
void add_run_flags(CommandLine command, RunFlags& flags);

/// Adds --ruleset, --tuning, --seed, --max-steps, --search-space.
void add_plan_flags(CommandLine command, sweep::Request& request);
/// Of --blind, which run and sweep have.
inline constexpr const char* kBlindHelp =
    "Hide names and the order of parameters from the submission; other trials than those that see";
/// Of --record-losses, likewise.
inline constexpr const char* kRecordLossesHelp =
    "Keep the training losses of the steps, for timetrial divergence; other trials than those "
    "without";
/// Adds --evaluators, likewise.
void add_evaluators(CommandLine command, sweep::Request& request);
/// Adds --diagnose, likewise.
void add_diagnose(CommandLine command, sweep::Request& request);
/// Adds --studies, --trials.
void add_repetition_flags(CommandLine command, sweep::Request& request);

/// The store that the flags name.
std::filesystem::path store_path(const RunFlags& flags);

/// Everything a plan needs to know of this installation and machine.
sweep::Surroundings surroundings(const Program& program, const RunFlags& flags);

/// Adds the plan to the store (idempotent) and returns the sweep's id.
std::int64_t store_plan(const sweep::Plan& plan, const RunFlags& flags);

/// Runs what a sweep has left, shows it, says how to go on after an interruption.
ExitCode run_sweep(const Program& program, const RunFlags& flags, std::int64_t sweep_id,
                   const std::string& sweep_name);

}  // namespace timetrial::cli
