#include "harness/sweep/run.h"

#include "harness/sandbox/lock.h"
#include "harness/sandbox/process_tree.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <deque>
#include <list>
#include <map>

namespace timetrial::sweep {
namespace {

constexpr int kRefreshMilliseconds = 200;

/// SIGINT and SIGTERM as a descriptor, for as long as it lives.
class SignalInbox {
 public:
  SignalInbox() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals_, &before_);
    fd_ = protocol::FileDescriptor(signalfd(-1, &signals_, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  ~SignalInbox() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  SignalInbox(const SignalInbox&) = delete;
  SignalInbox& operator=(const SignalInbox&) = delete;

  int fd() const { return fd_.get(); }
  /// The next signal's number, 0 when there is none.
  int take() {
    signalfd_siginfo info{};
    return ::read(fd(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
  }

 private:
  sigset_t signals_{}, before_{};
  protocol::FileDescriptor fd_;
};

class SweepRun {
 public:
  SweepRun(const RunOptions& options, Display& display)
      : options_(options),
        display_(display),
        store_(store::Store::open(options.launch.store, store::Store::Mode::read_write)) {}

  ExitCode run() {
    queue_open_trials();
    const auto lock = sandbox::Lock::try_acquire(options_.launch.work_root /
                                                 fmt::format("sweep-{}.lock", options_.sweep_id));
    if (!lock) return ExitCode::busy;
    if (queue_.empty()) return summary();
    const auto device = wait_for_device();
    while (!running_.empty() || (!queue_.empty() && signal_ == 0)) {
      if (signal_ == 0) start_trials();
      wait();
    }
    say_quarantined();
    display_.end();
    if (signal_ != 0) return signal_ == SIGINT ? ExitCode::interrupted : ExitCode::terminated;
    if (!refused_.empty()) throw InputError(refused_);
    return gave_up_ ? ExitCode::failed : summary();
  }

 private:
  void queue_open_trials() {
    SweepTotals totals;
    for (const auto& workload : store_.workloads(options_.sweep_id)) {
      totals.workloads[workload.name] = workload;
    }
    for (auto& row : store_.trials(options_.sweep_id)) {
      ++totals.trials;
      if (row.outcome) {
        ++totals.done;
      } else {
        queue_.push_back(std::move(row));
      }
    }
    display_.begin(totals);
  }

  /// Empty when the device is shared, or a signal came while waiting.
  std::optional<sandbox::Lock> wait_for_device() {
    if (options_.share_device) return std::nullopt;
    const auto file = sandbox::device_lock_file(options_.launch.device);
    for (bool told = false;; told = true) {
      auto lock = sandbox::Lock::try_acquire(file);
      if (lock) return lock;
      if (!told) {
        display_.message("waiting for another sweep on device " + options_.launch.device + " …");
      }
      pollfd inbox{signals_.fd(), POLLIN, 0};
      poll(&inbox, 1, kRefreshMilliseconds);
      signal_ = signals_.take();
      if (signal_ != 0) return std::nullopt;
    }
  }

  void start_trials() {
    while (!queue_.empty() && refused_.empty() &&
           running_.size() < static_cast<std::size_t>(options_.jobs)) {
      store::TrialRow row = std::move(queue_.front());
      queue_.pop_front();
      ++tries_[row.trial.id];
      display_.trial_started(row);
      running_.emplace_back(options_.launch, std::move(row));
    }
    if (!refused_.empty()) queue_.clear();
  }

  void wait() {
    std::vector<pollfd> fds{{signals_.fd(), POLLIN, 0}};
    for (const auto& trial : running_) fds.push_back({trial.progress_fd(), POLLIN, 0});
    poll(fds.data(), fds.size(), kRefreshMilliseconds);
    if (const int number = signals_.take()) interrupt(number);
    for (auto trial = running_.begin(); trial != running_.end();) {
      if (trial->read()) {
        ++trial;
      } else {
        finish(*trial);
        trial = running_.erase(trial);
      }
    }
    std::vector<const RunningTrial*> shown;
    for (const auto& trial : running_) shown.push_back(&trial);
    display_.refresh(shown);
  }

  void interrupt(int number) {
    display_.message(signal_ == 0 ? "stopping after a checkpoint; once more to stop at once"
                                  : "stopping at once; time already used stays counted");
    signal_ = number;
    for (auto& trial : running_) trial.interrupt();
  }

  void finish(RunningTrial& trial) {
    const sandbox::ExitStatus status = trial.wait();
    // A referee that was killed leaves its worker's processes to this process.
    if (running_.size() == 1) sandbox::ProcessTree(getpid()).kill_all();
    display_.trial_ended(trial.row(), trial.status());
    const auto code = static_cast<ExitCode>(status.code);
    if (!status.signaled && (code == ExitCode::done || code == ExitCode::busy)) return;
    if (!status.signaled && code == ExitCode::bad_input) {
      refused_ = fmt::format("{}: refused, see above; nothing of it was recorded",
                             to_string(trial.row().trial.key));
      return;
    }
    if (signal_ == 0) retry(trial, status);
  }

  /// After an end that is nobody's fault that we know of.
  void retry(const RunningTrial& trial, const sandbox::ExitStatus& status) {
    const auto row = store_.trial(trial.row().trial.id);
    if (!row || row->outcome) return;
    if (tries_[row->trial.id] < kMaxTries) {
      queue_.push_front(*row);
      return;
    }
    const bool worker_killed =
        !status.signaled && static_cast<ExitCode>(status.code) == ExitCode::interrupted;
    if (worker_killed) {
      Outcome outcome{OutcomeKind::crashed,
                      fmt::format("its worker was killed in {} attempts", kMaxTries),
                      trial.status().step, row->submission_time_s};
      store_.finish_trial(row->trial.id, outcome,
                          std::chrono::duration_cast<std::chrono::nanoseconds>(
                              std::chrono::system_clock::now().time_since_epoch())
                              .count());
      return;
    }
    gave_up_ = true;
    display_.message(fmt::format("{}: the referee {} in {} attempts; the trial is left open",
                                 to_string(row->trial.key), sandbox::describe(status), kMaxTries));
  }

  /// The user learns it here rather than from a score that lacks them.
  void say_quarantined() {
    const auto rows = store_.quarantines();
    const auto count = std::count_if(rows.begin(), rows.end(), [&](const auto& row) {
      return row.quarantined && row.sweep_id == options_.sweep_id;
    });
    if (count == 0) return;
    display_.message(fmt::format(
        "{} of this sweep {} quarantined and will not be scored; why: timetrial quarantine list",
        count == 1 ? "1 trial" : fmt::format("{} trials", count), count == 1 ? "is" : "are"));
  }

  ExitCode summary() {
    for (const auto& row : store_.trials(options_.sweep_id)) {
      if (row.outcome && !is_regular(row.outcome->kind)) return ExitCode::some_trials_failed;
    }
    return ExitCode::done;
  }

  const RunOptions& options_;
  Display& display_;
  store::Store store_;
  SignalInbox signals_;
  std::deque<store::TrialRow> queue_;
  std::list<RunningTrial> running_;
  std::map<std::string, int> tries_;
  int signal_ = 0;
  bool gave_up_ = false;
  std::string refused_;
};

}  // namespace

ExitCode run_sweep(const RunOptions& options, Display& display) {
  sandbox::become_subreaper();
  return SweepRun(options, display).run();
}

}  // namespace timetrial::sweep
