#pragma once
// What a running sweep shows on stderr: bars on a terminal, plain lines elsewhere.

#include "harness/sweep/running_trial.h"

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace timetrial::sweep {

struct SweepTotals {
  std::size_t trials = 0, done = 0;
  std::map<std::string, store::WorkloadRecord> workloads;  ///< by name, for targets
};

class Display {
 public:
  virtual ~Display() = default;
  virtual void begin(const SweepTotals& totals) = 0;
  virtual void trial_started(const store::TrialRow& row) = 0;
  virtual void trial_ended(const store::TrialRow& row, const TrialStatus& status) = 0;
  virtual void message(const std::string& text) = 0;
  /// Called a few times a second.
  virtual void refresh(const std::vector<const RunningTrial*>& running) = 0;
  virtual void end() = 0;
};

enum class ProgressStyle { automatic, bar, plain, none };
/// Throws InputError for another word than auto, bar, plain, none.
ProgressStyle parse_progress_style(const std::string& word);

/// automatic: bars if `stream` is a terminal that can move its cursor, else plain lines.
std::unique_ptr<Display> make_display(ProgressStyle style, std::FILE* stream);

/// "1m 04s", "12.3s"
std::string format_seconds(double seconds);

}  // namespace timetrial::sweep
