#pragma once
// Runs what a sweep has left to do: one referee process a trial, at most `jobs` at a time.

#include "harness/sweep/display.h"
#include "harness/sweep/running_trial.h"
#include "harness/trial/error.h"

namespace timetrial::sweep {

struct RunOptions {
  LaunchOptions launch;
  std::int64_t sweep_id = 0;
  int jobs = 1;               ///< trials at a time; more than one spoils the timings
  bool share_device = false;  ///< do not wait for other sweeps on this device
};

/// Runs every trial without an outcome, in planned order. Any number of processes may do so at a
/// time, for one sweep or several of a store: each trial is run by one of them, those on one device
/// by turns, and each returns when all trials of its sweep have ended. A trial whose worker or
/// referee is killed from outside is resumed, at most kMaxTries times in all; a worker killed that
/// often is recorded as crashed. SIGINT or SIGTERM once: the running trials save a checkpoint and
/// stop; twice: at once.
///
/// Returns done; some_trials_failed if any trial of the sweep ended irregularly; interrupted or
/// terminated; failed if a referee kept failing. Throws InputError for what a referee refused, and
/// for a store that is damaged.
ExitCode run_sweep(const RunOptions& options, Display& display);

inline constexpr int kMaxTries = 3;

}  // namespace timetrial::sweep
