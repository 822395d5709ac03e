#pragma once
// The real program at work below the driver, and the processes that it starts.

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::crash {

/// Where one sweep lives: its store, its work folder, its output.
struct Place {
  std::filesystem::path folder;
  std::filesystem::path store() const { return folder / "store.db"; }
  std::filesystem::path work() const { return folder / "store.db.work"; }
};

/// `timetrial` with these arguments in the background, with one thread for each trial.
class Program {
 public:
  /// Its monotonic clock is `clock_shift_s` off.
  Program(const Place& place, const std::vector<std::string>& arguments, long clock_shift_s = 0);

  pid_t pid() const { return pid_; }
  /// The exit code, or 128 + signal; empty while it runs.
  std::optional<int> poll();
  /// The same, waited for; empty when it has not ended in time.
  std::optional<int> wait(std::chrono::seconds patience);
  /// What it wrote to stderr so far.
  std::string errors() const;

 private:
  pid_t pid_ = -1;
  std::optional<int> code_;
  std::filesystem::path errors_;
};

/// Runs it to its end. Throws std::runtime_error when it does not end within a minute.
struct Result {
  int code = -1;
  std::string errors;
};
Result run(const Place& place, const std::vector<std::string>& arguments);

/// All processes below the driver (it adopts orphans) whose program has this name; "" for any.
/// Walks the tree, however deep a process is.
std::vector<pid_t> processes(const std::string& name);

/// SIGKILL to all of them, until none is left.
void kill_everything();

}  // namespace timetrial::crash
