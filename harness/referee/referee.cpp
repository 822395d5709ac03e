#include "harness/referee/referee.h"

#include "harness/referee/trial_run.h"
#include "harness/referee/work_folder.h"
#include "harness/sandbox/lock.h"

#include <sys/signalfd.h>

#include <csignal>
#include <cstdio>

namespace timetrial::referee {
namespace {

/// A referee whose sweep was killed may still be saving its checkpoint.
constexpr std::chrono::milliseconds kLockPatience{30'000};

protocol::FileDescriptor take_over_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return protocol::FileDescriptor(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

}  // namespace

ExitCode run_trial(const RefereeOptions& options) {
  const protocol::FileDescriptor signals = take_over_signals();
  sandbox::become_subreaper();
  const auto lock = sandbox::Lock::acquire_within(options.work_dir / "lock", kLockPatience);
  if (!lock) return ExitCode::busy;
  auto store = store::Store::open(options.store, store::Store::Mode::read_write);
  TrialRecord record = load_trial(store, options.trial_id);
  if (record.row.outcome) return ExitCode::done;
  if (const auto moved = claim(options.work_dir, record.row.run)) {
    std::fprintf(stderr, "timetrial-referee: %s: of another run of this trial; set aside as %s\n",
                 options.work_dir.c_str(), moved->c_str());
  }
  return TrialRun(options, std::move(store), std::move(record), signals.get()).run();
}

}  // namespace timetrial::referee
