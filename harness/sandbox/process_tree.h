#pragma once
// The processes of a worker: itself and whatever it started, however deep. Frozen as a whole while
// the referee evaluates, so that nothing is computed off the clock.
//
// A process of the tree that outlives its parent is adopted by the referee (a child subreaper), so
// every descendant of the referee, the referee aside, belongs to the worker.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace timetrial::sandbox {

/// Makes this process adopt orphaned descendants. Call once, before spawning.
void become_subreaper();

/// All living descendants of `root`, without it, parents first. From /proc.
std::vector<pid_t> descendants(pid_t root);

/// Threads of one process; 0 when it has gone.
std::int64_t count_threads(pid_t pid);
/// Whether a process has ended: gone, or only its parent's word of it is left.
bool has_ended(pid_t pid);

class WillNotStop : public std::runtime_error {
 public:
  WillNotStop() : std::runtime_error("a process of the worker could not be stopped") {}
};

class ProcessTree {
 public:
  /// The descendants of `root` (normally this process).
  explicit ProcessTree(pid_t root) : root_(root) {}

  /// Stops every thread of every process and returns once all are seen stopped. Repeats until no
  /// new process appears. Throws WillNotStop if some thread does not stop within `patience`.
  void freeze(std::chrono::milliseconds patience) const;
  void thaw() const;
  /// SIGKILL to all, repeated until none is left alive.
  void kill_all() const;

  /// Processor time of the tree so far, nanoseconds, running and ended threads of living processes.
  std::int64_t cpu_ns() const;
  /// Resident memory of the tree that is its own (anonymous), bytes.
  std::int64_t resident_bytes() const;

 private:
  pid_t root_;
};

/// How often this machine's out-of-memory killer has struck (/proc/vmstat), 0 where unknown.
std::int64_t out_of_memory_kills();

}  // namespace timetrial::sandbox
