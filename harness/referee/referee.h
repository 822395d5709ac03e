#pragma once
// The referee of one trial: owns the clock, the held-back data, the evaluation and the store's
// rows.

#include "harness/trial/error.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace timetrial::referee {

struct RefereeOptions {
  std::filesystem::path store;
  std::string trial_id;
  std::filesystem::path data_dir;  ///< prepared data, all data sets
  std::filesystem::path work_dir;  ///< this trial's checkpoints, clock file, log, scratch
  std::filesystem::path worker;    ///< timetrial-worker
  std::string device = "cpu";
  std::int64_t threads = 1;
  int concurrent_trials = 1;  ///< how many the sweep runs at a time, for the record
  bool namespaces = true;     ///< the worker gets its own
  int progress_fd = -1;
};

/// Runs the trial until it has an outcome or is interrupted (SIGTERM or SIGINT once: at the next
/// step, with a checkpoint; twice: at once). Returns done when the trial has a final outcome,
/// interrupted when it can be resumed, busy when another referee runs it. Throws InputError for
/// what a person must mend; then nothing was written.
ExitCode run_trial(const RefereeOptions& options);

}  // namespace timetrial::referee
