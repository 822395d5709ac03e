#include "harness/sweep/run.h"

#include "harness/sandbox/process_tree.h"
#include "harness/sweep/turn.h"

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
#include <optional>
#include <utility>

namespace timetrial::sweep {
namespace {

constexpr int kRefreshMilliseconds = 200;
constexpr int kTurnMilliseconds = 50;  // between two looks whether it is one's turn

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
        store_(store::Store::open(options.launch.store, store::Store::Mode::read_write)) {
    if (!options.share_device) turn_.emplace(sandbox::device_lock_file(options.launch.device));
  }

  ExitCode run() {
    refuse_damaged_store();
    queue_open_trials();
    while (!running_.empty() || (is_left() && signal_ == 0)) {
      if (signal_ == 0) start_trials();
      if (!running_.empty() || is_left()) wait();
    }
    say_quarantined();
    display_.end();
    if (signal_ != 0) return signal_ == SIGINT ? ExitCode::interrupted : ExitCode::terminated;
    if (!refused_.empty()) throw InputError(refused_);
    return gave_up_ ? ExitCode::failed : summary();
  }

 private:
  /// A trial that this process alone may run, for as long as this lives.
  struct Claimed {
    store::TrialRow row;
    sandbox::Lock right;
  };
  struct Running {
    RunningTrial trial;
    sandbox::Lock right;
  };

  /// Rows of a damaged store may be missed by a search, and a trial be run twice.
  void refuse_damaged_store() {
    const auto problems = store_.check();
    if (problems.empty()) return;
    throw InputError(fmt::format("{}: {}; nothing is run; restore a copy (timetrial store backup)",
                                 options_.launch.store.string(), problems.front()));
  }

  bool is_left() const { return claimed_ || !queue_.empty(); }

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

  void start_trials() {
    if (!refused_.empty()) {
      queue_.clear();
      claimed_.reset();
    }
    while (running_.size() < static_cast<std::size_t>(options_.jobs)) {
      // Others wait: what runs here is finished, and then it is their turn.
      if (turn_ && !running_.empty() && turn_->is_wanted()) return;
      if (!claimed_) claimed_ = claim_next();
      if (!claimed_ || !is_our_turn()) return;
      ++tries_[claimed_->row.trial.id];
      display_.trial_started(claimed_->row);
      running_.push_back(
          {RunningTrial(options_.launch, claimed_->row), std::move(claimed_->right)});
      claimed_.reset();
    }
  }

  /// The first trial of the queue that no other sweep runs now and none has finished meanwhile.
  std::optional<Claimed> claim_next() {
    for (auto row = queue_.begin(); row != queue_.end();) {
      auto right = try_claim(options_.launch.work_root, row->trial.id);
      if (!right) {
        ++row;
        continue;
      }
      auto now = store_.trial(row->trial.id);
      row = queue_.erase(row);
      if (now && !now->outcome) return Claimed{std::move(*now), std::move(*right)};
      if (now) display_.message(to_string(now->trial.key) + ": another sweep has run it");
    }
    if (!queue_.empty() && running_.empty()) {
      tell_once(fmt::format("waiting for {} trials that another sweep runs …", queue_.size()));
    }
    return std::nullopt;
  }

  bool is_our_turn() {
    if (!turn_ || turn_->try_take()) {
      told_.clear();
      return true;
    }
    tell_once("waiting for another sweep on device " + options_.launch.device + " …");
    return false;
  }

  void tell_once(const std::string& text) {
    if (text != told_) display_.message(text);
    told_ = text;
  }

  void wait() {
    std::vector<pollfd> fds{{signals_.fd(), POLLIN, 0}};
    for (const auto& entry : running_) fds.push_back({entry.trial.progress_fd(), POLLIN, 0});
    poll(fds.data(), fds.size(), running_.empty() ? kTurnMilliseconds : kRefreshMilliseconds);
    if (const int number = signals_.take()) interrupt(number);
    for (auto entry = running_.begin(); entry != running_.end();) {
      if (entry->trial.read()) {
        ++entry;
      } else {
        finish(entry->trial);
        entry = running_.erase(entry);
      }
    }
    if (turn_ && running_.empty()) turn_->give_back();
    std::vector<const RunningTrial*> shown;
    for (const auto& entry : running_) shown.push_back(&entry.trial);
    display_.refresh(shown);
  }

  void interrupt(int number) {
    display_.message(signal_ == 0 ? "stopping after a checkpoint; once more to stop at once"
                                  : "stopping at once; time already used stays counted");
    signal_ = number;
    for (auto& entry : running_) entry.trial.interrupt();
  }

  void finish(RunningTrial& trial) {
    const sandbox::ExitStatus status = trial.wait();
    // A referee that was killed leaves its worker's processes to this process.
    if (running_.size() == 1) sandbox::ProcessTree(getpid()).kill_all();
    display_.trial_ended(trial.row(), trial.status());
    const auto code = static_cast<ExitCode>(status.code);
    if (!status.signaled && code == ExitCode::done) return;
    if (!status.signaled && code == ExitCode::busy) {  // the referee of a sweep that was killed
      --tries_[trial.row().trial.id];
      queue_.push_back(trial.row());
      return;
    }
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
    const bool worker_killed =
        !status.signaled && static_cast<ExitCode>(status.code) == ExitCode::interrupted;
    if (worker_killed) ++worker_kills_[row->trial.id];
    if (tries_[row->trial.id] < kMaxTries) {
      queue_.push_front(*row);
      return;
    }
    if (worker_kills_[row->trial.id] == kMaxTries) {
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
    display_.message(
        fmt::format("{}: the referee {} in the last of {} attempts; the trial is left open",
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
  std::optional<DeviceTurn> turn_;  ///< none: the device is shared
  std::optional<Claimed> claimed_;  ///< waits for its turn
  std::list<Running> running_;
  std::map<std::string, int> tries_, worker_kills_;  ///< by trial
  int signal_ = 0;
  bool gave_up_ = false;
  std::string refused_, told_;
};

}  // namespace

ExitCode run_sweep(const RunOptions& options, Display& display) {
  sandbox::become_subreaper();
  return SweepRun(options, display).run();
}

}  // namespace timetrial::sweep
