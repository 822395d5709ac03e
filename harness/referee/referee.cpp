#include "harness/referee/referee.h"

#include "harness/clock/clock.h"
#include "harness/protocol/bytes.h"
#include "harness/referee/checkpoints.h"
#include "harness/referee/clock_file.h"
#include "harness/referee/evaluator.h"
#include "harness/referee/failure_outcome.h"
#include "harness/referee/host.h"
#include "harness/referee/progress.h"
#include "harness/referee/trial_record.h"
#include "harness/referee/trial_timer.h"
#include "harness/referee/worker_process.h"
#include "harness/sandbox/lock.h"
#include "harness/device/device.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>

namespace timetrial::referee {
namespace {

using clock::Duration;
using clock::from_seconds;
using clock::seconds;

constexpr Duration kTick = std::chrono::milliseconds(50);
constexpr Duration kDisplayTick = std::chrono::milliseconds(250);
constexpr std::chrono::milliseconds kLockPatience{30'000};
constexpr Duration kStopPatience = std::chrono::seconds(2);
/// Processor time that a stopped process may seem to get: accounting lags by up to a timer tick.
constexpr std::int64_t kFrozenToleranceNs = 10'000'000;

class TrialRun {
 public:
  TrialRun(const RefereeOptions& options, store::Store store, TrialRecord record, int signal_fd)
      : options_(options),
        store_(std::move(store)),
        record_(std::move(record)),
        signal_fd_(signal_fd),
        clock_file_(options.work_dir / "clock"),
        checkpoints_(options.work_dir),
        progress_(options.progress_fd),
        evaluator_(record_.workload.name, options.data_dir,
                   device::open_device(options.device, options.threads),
                   record_.rules.evaluation_batch_size),
        submission_time_(clock_, time_already_used()),
        evaluation_time_(clock_),
        checkpoint_time_(clock_),
        total_time_(clock_) {
    if (!record_.earlier.empty()) {
      evaluation_time_.charge(from_seconds(record_.earlier.back().evaluation_time_s));
      checkpoint_time_.charge(from_seconds(record_.earlier.back().checkpoint_time_s));
      total_time_.charge(from_seconds(record_.earlier.back().total_time_s));
    }
  }

  ExitCode run() {
    total_time_.start();
    std::optional<Outcome> outcome;
    try {
      outcome = play();
    } catch (const protocol::ProtocolError& error) {
      outcome = Outcome{OutcomeKind::protocol_broken, error.what()};
    } catch (const protocol::ChannelClosed&) {
      outcome = ended_worker();
    }
    submission_time_.stop();
    close(*outcome);
    return is_final(outcome->kind) ? ExitCode::done : ExitCode::interrupted;
  }

 private:
  // --- before Go ---------------------------------------------------------------------------------

  Duration time_already_used() {
    return from_seconds(std::max(record_.row.submission_time_s, clock_file_.used_s()));
  }

  protocol::Configure configuration(bool resume, std::int64_t step) const {
    protocol::Configure configure{
        .workload = record_.workload.name,
        .library = record_.submission.library,
        .training_dir = evaluator_.training_dir().string(),
        .device = options_.device,
        .threads = options_.threads,
        .trial_seed = record_.row.trial.seed,
        .point = record_.row.trial.point,
        .max_steps = record_.sweep.max_steps.value_or(0),
        .resume = resume,
        .budget_s = record_.row.trial.budget_s,
        .validation_target = record_.workload.validation_target,
        .step_hint = record_.workload.step_hint,
        .evaluations = {}};
    for (const auto& evaluation : record_.earlier) {
      if (evaluation.step <= step) configure.evaluations.push_back(evaluation);
    }
    return configure;
  }

  /// Starts the worker and waits until it is ready. An outcome if it never is.
  std::optional<Outcome> start_worker() {
    worker_.emplace(WorkerOptions{.executable = options_.worker,
                                  .scratch = options_.work_dir / "scratch",
                                  .log = options_.work_dir / "worker.log",
                                  .memory_limit_bytes = memory_limit(),
                                  .threads = options_.threads},
                    evaluator_.region());
    const auto checkpoint = checkpoints_.newest(store_.checkpoints(record_.row.trial.id));
    start_step_ = checkpoint ? checkpoint->record.step : 0;
    const Duration started = clock_.now();
    worker_->send(configuration(checkpoint.has_value(), start_step_),
                  checkpoint ? checkpoint->file.get() : -1);
    const Duration limit = from_seconds(record_.rule_set.limits.init_s);
    while (clock_.now() - started < limit) {
      Wakeup wakeup = worker_->wait(kTick, signal_fd_);
      if (wakeup.closed) return ended_worker();
      if (wakeup.interrupted) return Outcome{OutcomeKind::interrupted, "before training began"};
      if (!wakeup.message) continue;
      if (auto* failed = std::get_if<protocol::Failed>(&wakeup.message->message)) {
        return outcome_of(*failed);
      }
      check_ready(expect<protocol::Ready>(*wakeup.message));
      begin_attempt(seconds(clock_.now() - started));
      return std::nullopt;
    }
    return Outcome{OutcomeKind::hung, "initialisation took longer than " +
                                          std::to_string(record_.rule_set.limits.init_s) + " s"};
  }

  std::int64_t memory_limit() const { return record_.rule_set.limits.memory_mb * 1024 * 1024; }

  template <typename Expected>
  static Expected expect(protocol::Received& received) {
    auto* message = std::get_if<Expected>(&received.message);
    if (message == nullptr) {
      throw protocol::ProtocolError(std::string("unexpected message ") +
                                    protocol::name(received.message));
    }
    return *message;
  }

  void check_ready(const protocol::Ready& ready) const {
    if (ready.layout_hash != evaluator_.layout().hash()) {
      throw protocol::ProtocolError("the worker's model has other parameters than the referee's");
    }
    if (ready.step != start_step_) {
      throw protocol::ProtocolError("the worker began at step " + std::to_string(ready.step) +
                                    " instead of " + std::to_string(start_step_));
    }
  }

  void begin_attempt(double init_s) {
    store::Attempt attempt;
    attempt.trial_id = record_.row.trial.id;
    attempt.number = record_.row.attempts;
    attempt.started_ns = utc_ns();
    attempt.init_time_s = init_s;
    attempt.start_time_s = seconds(submission_time_.elapsed());
    attempt.start_step = start_step_;
    attempt.host_json = host_json(options_.device, options_.threads);
    attempt_ = store_.begin_attempt(attempt);
    noise_.emplace();
    progress_.start(attempt.number, start_step_, attempt.start_time_s);
  }

  // --- the loop ------------------------------------------------------------------------------------

  Outcome play() {
    if (submission_time_.elapsed() >= budget()) return Outcome{OutcomeKind::budget_spent};
    if (auto outcome = start_worker()) return *outcome;
    TrialTimer timer({budget(), from_seconds(record_.rules.evaluation_period_s),
                      from_seconds(record_.rule_set.limits.hang_s)});
    std::optional<Evaluation> last;
    bool fresh = record_.earlier.empty();
    while (true) {
      go(timer, last, fresh);
      protocol::Snapshot snapshot;
      if (auto outcome = await_snapshot(timer, snapshot)) return *outcome;
      worker_->freeze();
      if (auto outcome = refuse(snapshot)) return *outcome;
      if (!interrupt_requested_) {
        last = evaluate(snapshot);
        if (auto outcome = check_frozen(snapshot.step)) return *outcome;
        store_.add_evaluation(attempt_, *last);
        progress_.evaluation(*last, validation_metric(*last));
        if (auto outcome = judge(*last, snapshot)) return *outcome;
      }
      worker_->thaw();
      if (auto outcome = save_checkpoint(snapshot.step)) return *outcome;
      if (interrupt_requested_) return Outcome{OutcomeKind::interrupted, "on request"};
      fresh = false;
    }
  }

  Duration budget() const { return from_seconds(record_.row.trial.budget_s); }

  void go(TrialTimer& timer, const std::optional<Evaluation>& last, bool evaluate_now) {
    protocol::Go message{seconds(submission_time_.elapsed()), last.has_value(), {}};
    if (last) message.evaluation = *last;
    evaluator_.region().control().evaluation_due = 0;
    submission_time_.start();
    timer.go(submission_time_.elapsed(), evaluator_.region().control().step, evaluate_now);
    worker_->send(message);
  }

  /// Runs the clock until the snapshot arrives. An outcome if it does not.
  std::optional<Outcome> await_snapshot(TrialTimer& timer, protocol::Snapshot& snapshot) {
    while (true) {
      Wakeup wakeup = worker_->wait(timer.wait(submission_time_.elapsed(), kTick), signal_fd_);
      const Duration used = submission_time_.elapsed();
      const std::int64_t step = evaluator_.region().control().step;
      if (wakeup.message) {
        submission_time_.stop();
        clock_file_.set(seconds(submission_time_.elapsed()));
        if (auto* failed = std::get_if<protocol::Failed>(&wakeup.message->message)) {
          return outcome_of(*failed);
        }
        snapshot = expect<protocol::Snapshot>(*wakeup.message);
        return std::nullopt;
      }
      clock_file_.set(seconds(used));
      if (wakeup.closed) return ended_worker();
      if (wakeup.interrupted && !request_interrupt()) {
        return Outcome{OutcomeKind::interrupted, "at once, on a second request"};
      }
      if (auto outcome = look(timer.look(used, step), step)) return *outcome;
      show(step, used);
    }
  }

  std::optional<Outcome> look(TrialTimer::Event event, std::int64_t step) {
    switch (event) {
      case TrialTimer::Event::budget_spent:
        return Outcome{OutcomeKind::budget_spent, "", step};
      case TrialTimer::Event::hung:
        return Outcome{OutcomeKind::hung,
                       "no step was completed for " +
                           std::to_string(static_cast<int>(record_.rule_set.limits.hang_s)) + " s",
                       step};
      case TrialTimer::Event::evaluation_due: evaluator_.region().control().evaluation_due = 1; break;
      case TrialTimer::Event::none: break;
    }
    if (worker_->resident_bytes() > memory_limit()) {
      return Outcome{OutcomeKind::out_of_memory_host,
                     "the worker took more than the " +
                         std::to_string(record_.rule_set.limits.memory_mb) + " MB it may",
                     step};
    }
    return std::nullopt;
  }

  /// Notes a request to stop; false when it is the second one.
  bool request_interrupt() {
    signalfd_siginfo info{};
    if (::read(signal_fd_, &info, sizeof info) < 0) return true;
    if (interrupt_requested_) return false;
    interrupt_requested_ = true;
    evaluator_.region().control().evaluation_due = 1;
    return true;
  }

  void show(std::int64_t step, Duration used) {
    if (clock_.now() - shown_ < kDisplayTick) return;
    shown_ = clock_.now();
    progress_.tick(step, seconds(used));
  }

  // --- at a snapshot, with the worker frozen --------------------------------------------------------

  std::optional<Outcome> refuse(const protocol::Snapshot& snapshot) {
    if (snapshot.step < start_step_) {
      return Outcome{OutcomeKind::protocol_broken, "the snapshot's step went backwards",
                     snapshot.step};
    }
    if (submission_time_.elapsed() > budget()) {
      return Outcome{OutcomeKind::budget_spent, "", snapshot.step};
    }
    if (auto bad = evaluator_.find_non_finite()) {
      return Outcome{OutcomeKind::diverged, *bad, snapshot.step};
    }
    return std::nullopt;
  }

  Evaluation evaluate(const protocol::Snapshot& snapshot) {
    evaluation_time_.start();
    Evaluation result;
    result.metrics = evaluator_.evaluate();
    result.parameter_hash = evaluator_.hash();
    evaluation_time_.stop();
    result.step = snapshot.step;
    result.submission_time_s = seconds(submission_time_.elapsed());
    result.evaluation_time_s = seconds(evaluation_time_.elapsed());
    result.checkpoint_time_s = seconds(checkpoint_time_.elapsed());
    result.total_time_s = seconds(total_time_.elapsed());
    return result;
  }

  double validation_metric(const Evaluation& evaluation) const {
    const auto found = evaluation.metrics.find("validation/" + record_.workload.metric);
    if (found == evaluation.metrics.end()) {
      throw std::logic_error("workload '" + record_.workload.name + "' has no metric '" +
                             record_.workload.metric + "'");
    }
    return found->second;
  }

  std::optional<Outcome> judge(const Evaluation& evaluation, const protocol::Snapshot& snapshot) {
    if (record_.rules.reaches(validation_metric(evaluation), record_.workload.validation_target)) {
      return Outcome{OutcomeKind::target_reached, "", snapshot.step};
    }
    switch (snapshot.reason) {
      case protocol::SnapshotReason::due: return std::nullopt;
      case protocol::SnapshotReason::complete:
        return Outcome{OutcomeKind::completed, "the submission ended training", snapshot.step};
      case protocol::SnapshotReason::step_limit:
        return Outcome{OutcomeKind::completed, "the sweep's step limit", snapshot.step};
    }
    return std::nullopt;
  }

  /// Work done while frozen, which could have changed the very snapshot that was evaluated.
  std::optional<Outcome> check_frozen(std::int64_t step) {
    const std::int64_t worked_ns = worker_->cpu_since_freeze_ns();
    frozen_cpu_ns_ += worked_ns;
    if (worked_ns <= kFrozenToleranceNs) return std::nullopt;
    return Outcome{OutcomeKind::protocol_broken,
                   "the worker computed for " + std::to_string(worked_ns / 1'000'000) +
                       " ms while it was frozen",
                   step};
  }

  /// Asks for a checkpoint if one is due. Off the clock up to an allowance, on it beyond.
  std::optional<Outcome> save_checkpoint(std::int64_t step) {
    const auto& limits = record_.rule_set.limits;
    const Duration since = submission_time_.elapsed() - checkpointed_at_;
    if (!interrupt_requested_ && since < from_seconds(limits.checkpoint_period_s)) {
      return std::nullopt;
    }
    const Duration started = clock_.now();
    checkpoint_time_.start();
    const protocol::FileDescriptor file = checkpoints_.begin();
    worker_->send(protocol::SaveCheckpoint{}, file.get());
    while (clock_.now() - started < from_seconds(limits.hang_s)) {
      Wakeup wakeup = worker_->wait(kTick, signal_fd_);
      if (wakeup.closed) return ended_worker();
      if (wakeup.interrupted && !request_interrupt()) {
        return Outcome{OutcomeKind::interrupted, "at once, on a second request"};
      }
      if (!wakeup.message) continue;
      if (auto* failed = std::get_if<protocol::Failed>(&wakeup.message->message)) {
        return outcome_of(*failed);
      }
      if (expect<protocol::Checkpointed>(*wakeup.message).step != step) {
        throw protocol::ProtocolError("the checkpoint is of another step than the snapshot");
      }
      charge_overlong(clock_.now() - started);
      record_checkpoint(file, step, started);
      return std::nullopt;
    }
    return Outcome{OutcomeKind::hung, "saving a checkpoint", step};
  }

  void charge_overlong(Duration taken) {
    const Duration allowance = from_seconds(record_.rule_set.limits.checkpoint_allowance_s);
    if (taken > allowance) submission_time_.charge(taken - allowance);
    clock_file_.set(seconds(submission_time_.elapsed()));
  }

  void record_checkpoint(const protocol::FileDescriptor& file, std::int64_t step,
                         Duration started) {
    store::Checkpoint checkpoint = checkpoints_.commit(file, step);
    checkpoint_time_.stop();
    checkpoint.submission_time_s = seconds(submission_time_.elapsed());
    checkpoint.duration_s = seconds(clock_.now() - started);
    store_.add_checkpoint(attempt_, checkpoint);
    checkpointed_at_ = submission_time_.elapsed();
  }

  // --- the end -------------------------------------------------------------------------------------

  Outcome ended_worker() {
    submission_time_.stop();
    const std::int64_t kills_before = out_of_memory_kills_;
    const sandbox::ExitStatus status = worker_->finish_within(kStopPatience);
    return outcome_of(status, sandbox::out_of_memory_kills() > kills_before,
                      last_line(options_.work_dir / "worker.log"));
  }

  void close(Outcome outcome) {
    if (worker_) {
      end_worker();
      outcome.step = std::max<std::int64_t>(outcome.step, start_step_);
    }
    outcome.submission_time_s = seconds(submission_time_.elapsed());
    clock_file_.set(outcome.submission_time_s);
    if (attempt_ != 0) {
      store::AttemptEnd end;
      end.ended_ns = utc_ns();
      end.submission_time_s = outcome.submission_time_s;
      end.frozen_cpu_s = static_cast<double>(frozen_cpu_ns_) * 1e-9;
      end.peak_memory_bytes = worker_ ? worker_->peak_bytes() : 0;
      end.noise_json = noise_ ? hardware::to_json(noise_->stop()) : "{}";
      store_.end_attempt(attempt_, end);
    }
    if (is_final(outcome.kind)) store_.finish_trial(record_.row.trial.id, outcome, utc_ns());
    progress_.end(outcome);
  }

  /// A polite stop lets destructors run; what is left after a moment is killed.
  void end_worker() {
    try {
      worker_->thaw();
      worker_->send(protocol::Stop{});
    } catch (const protocol::ChannelClosed&) {
      // It has gone already.
    }
    worker_->finish_within(kStopPatience);
  }

  RefereeOptions options_;
  store::Store store_;
  TrialRecord record_;
  int signal_fd_;
  clock::SteadyClock clock_;
  ClockFile clock_file_;
  Checkpoints checkpoints_;
  Progress progress_;
  Evaluator evaluator_;
  clock::Stopwatch submission_time_, evaluation_time_, checkpoint_time_, total_time_;

  std::optional<WorkerProcess> worker_;
  std::optional<NoiseRecorder> noise_;

  std::int64_t attempt_ = 0;
  std::int64_t start_step_ = 0;
  std::int64_t frozen_cpu_ns_ = 0;
  std::int64_t out_of_memory_kills_ = sandbox::out_of_memory_kills();
  Duration checkpointed_at_{}, shown_{};
  bool interrupt_requested_ = false;
};

protocol::FileDescriptor block_signals() {
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
  const protocol::FileDescriptor signals = block_signals();
  sandbox::become_subreaper();
  auto store = store::Store::open(options.store, store::Store::Mode::read_write);
  std::filesystem::create_directories(options.work_dir);
  // A referee whose sweep was killed may still be saving its checkpoint.
  const auto lock = sandbox::Lock::acquire_within(options.work_dir / "lock", kLockPatience);
  if (!lock) return ExitCode::busy;
  TrialRecord record = load_trial(store, options.trial_id);
  if (record.row.outcome) return ExitCode::done;
  return TrialRun(options, std::move(store), std::move(record), signals.get()).run();
}

}  // namespace timetrial::referee
