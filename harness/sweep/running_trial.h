#pragma once
// A referee process at work, as the sweep sees it.

#include "harness/sandbox/spawn.h"
#include "harness/store/store.h"
#include "harness/trial/error.h"

#include <filesystem>
#include <optional>
#include <string>

namespace timetrial::sweep {

/// The latest that a referee has told.
struct TrialStatus {
  std::int64_t step = 0;
  double time_s = 0;
  std::optional<double> value;  ///< of the target's metric, at the last evaluation
  std::string outcome, reason;  ///< once it has ended
};

struct LaunchOptions {
  std::filesystem::path referee;  ///< timetrial-referee
  std::filesystem::path store, data_dir, work_root;
  std::string device = "cpu";
  int threads = 1;
  int concurrent_trials = 1;  ///< for the record
  bool namespaces = true;     ///< of the workers' own
};

/// <work_root>/<first 16 characters of the trial's id>
std::filesystem::path work_dir(const std::filesystem::path& work_root, const std::string& trial_id);

class RunningTrial {
 public:
  RunningTrial(const LaunchOptions& options, store::TrialRow row);

  const store::TrialRow& row() const { return row_; }
  const TrialStatus& status() const { return status_; }
  /// Readable when there is something to read, or the referee has ended.
  int progress_fd() const { return progress_.get(); }
  /// Reads what is there. False once the referee has closed its end.
  bool read();
  /// SIGTERM: once for "after a checkpoint", twice for "at once".
  void interrupt();
  /// Waits for the referee's end.
  sandbox::ExitStatus wait() { return sandbox::wait_for(child_.pid); }

 private:
  void take(const std::string& line);

  store::TrialRow row_;
  protocol::FileDescriptor progress_;
  sandbox::Child child_;
  std::string partial_;
  TrialStatus status_;
};

}  // namespace timetrial::sweep
