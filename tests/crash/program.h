#pragma once
// The real program at work below the driver, and the processes that it starts.

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::crash {

/// How long anything may take before it counts as hung: much more than the slowest machine needs.
constexpr std::chrono::seconds kPatience{300};

/// Where one sweep lives: its store, its work folder, its output.
struct Place {
  std::filesystem::path folder;
  std::filesystem::path store() const { return folder / "store.db"; }
  std::filesystem::path work() const { return folder / "store.db.work"; }
  /// Beside the sweep's own folder, which may be full or read-only.
  std::filesystem::path output() const { return folder.string() + ".output"; }
  std::filesystem::path wall_clock() const { return output() / "wall_clock"; }
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

/// Runs it to its end. Throws std::runtime_error when it does not end within kPatience.
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
