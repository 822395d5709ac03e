#pragma once
// The worker as the referee sees it: a process tree, a channel, a shared region, a log file.

#include "harness/clock/clock.h"
#include "harness/protocol/channel.h"
#include "harness/protocol/snapshot.h"
#include "harness/referee/capped_log.h"
#include "harness/sandbox/file_access.h"
#include "harness/sandbox/process_tree.h"
#include "harness/sandbox/spawn.h"

#include <filesystem>
#include <optional>

namespace timetrial::referee {

struct WorkerOptions {
  std::filesystem::path executable;  ///< timetrial-worker
  /// What it sees of the machine's files, in namespaces of its own; none: it gets no namespaces.
  std::optional<sandbox::FileAccess> enclosure;
  /// Its working directory, made if absent. In namespaces it has sandbox::kScratch instead.
  std::filesystem::path scratch;
  std::filesystem::path log;  ///< its stdout and stderr, appended up to a limit
  std::int64_t memory_limit_bytes = 0;
  std::int64_t scratch_limit_bytes = 0;  ///< in namespaces
  std::int64_t threads = 1;
};

/// What woke the referee.
struct Wakeup {
  std::optional<protocol::Received> message;
  bool closed = false;       ///< the worker has closed its channel (it has ended, or will)
  bool interrupted = false;  ///< a signal asks for attention
};

class WorkerProcess {
 public:
  WorkerProcess(const WorkerOptions& options, protocol::SharedRegion& region);
  /// Kills what is left of the tree.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  void send(const protocol::Message& message, int descriptor = -1) {
    channel_.send(message, descriptor);
  }
  /// Waits for a message, the worker's end, a readable `signal_fd`, or `timeout`. Throws
  /// protocol::ProtocolError for a malformed message.
  Wakeup wait(clock::Duration timeout, int signal_fd);

  /// Stops the whole tree; remembers its processor time.
  void freeze();
  /// Processor time that the tree got since freeze(), nanoseconds.
  std::int64_t cpu_since_freeze_ns() const { return tree_.cpu_ns() - frozen_cpu_ns_; }
  /// Whether the worker, or what encloses it, ends within `patience`, though it is frozen: it was
  /// killed.
  bool dies_within(clock::Duration patience);
  /// Lets the tree go on.
  void thaw() { tree_.thaw(); }

  /// What the worker process itself takes, cheap.
  struct Use {
    std::int64_t resident_bytes = 0;  ///< its own memory; the peak so far is kept
    std::int64_t threads = 0;
  };
  Use use();
  /// The worker itself, not what encloses it; call once it has sent a message.
  pid_t pid();
  /// The most that use() and freezes have seen.
  std::int64_t peak_bytes() const { return peak_bytes_; }

  /// Thaws the worker and asks it to stop, which lets destructors run; after `patience` it is
  /// killed with all of its tree.
  void stop(clock::Duration patience);
  /// Ends the tree and says how the worker itself ended.
  sandbox::ExitStatus finish();
  /// Waits up to `patience` for the worker to end by itself, then as finish().
  sandbox::ExitStatus finish_within(clock::Duration patience);

 private:
  WorkerProcess(const WorkerOptions& options, protocol::SharedRegion& region,
                std::pair<protocol::Channel, protocol::Channel> ends);

  /// How the worker ended, from how the process that encloses it did.
  sandbox::ExitStatus program_status(const sandbox::ExitStatus& status) const;

  sandbox::ProcessTree tree_;
  protocol::Channel channel_;
  bool enclosed_;
  CappedLog log_;
  sandbox::Child child_;
  pid_t program_ = -1;
  std::optional<sandbox::ExitStatus> status_;
  std::int64_t frozen_cpu_ns_ = 0;
  std::int64_t peak_bytes_ = 0;
};

}  // namespace timetrial::referee
