#include "harness/referee/trial_run.h"

#include "harness/referee/failure_outcome.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace timetrial::referee {
namespace {

constexpr clock::Duration kTick = std::chrono::milliseconds(50);
constexpr clock::Duration kDisplayTick = std::chrono::milliseconds(250);
/// Processor time that a stopped process may seem to get while its last thread leaves the
/// processor. In 3,000 freezes of four busy threads none got any.
constexpr std::int64_t kFrozenToleranceNs = 1'000'000;
/// The longest that the end of a process that was killed may take.
constexpr clock::Duration kDyingPatience = std::chrono::seconds(2);
/// Far above what LibTorch starts on any machine; each costs the whole machine a process number.
constexpr std::int64_t kMaxThreads = 2000;

}  // namespace

using clock::from_seconds;
using clock::seconds;

ExitCode TrialRun::run() {
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

Outcome TrialRun::play() {
  if (submission_time_.elapsed() >= budget()) {
    const std::int64_t last_step = record_.earlier.empty() ? 0 : record_.earlier.back().step;
    return Outcome{OutcomeKind::budget_spent, "", last_step};
  }
  if (auto outcome = start_worker()) return *outcome;
  TrialTimer timer({budget(), period(), from_seconds(limits().hang_s)});
  bool tell_last = false;
  bool fresh = record_.earlier.empty() && !conditions().scheduled();
  while (true) {
    go(timer, tell_last, fresh);
    protocol::Snapshot snapshot;
    if (auto outcome = await_snapshot(timer, snapshot)) return *outcome;
    if (auto outcome = freeze(snapshot.step)) return *outcome;
    if (auto outcome = refuse(snapshot)) return *outcome;
    tell_last = is_evaluated(snapshot);
    if (tell_last) {
      Evaluation evaluation = evaluate(snapshot);
      if (auto outcome = check_frozen(snapshot.step)) return *outcome;
      const auto undiagnosed = diagnose(evaluation);
      store_.add_evaluation(attempt_, evaluation);
      progress_.evaluation(evaluation, validation_metric(evaluation));
      if (undiagnosed) return *undiagnosed;
      if (auto outcome = judge(evaluation, snapshot)) return *outcome;
      tell(evaluation);
    } else if (conditions().scheduled() && snapshot.step > conditions().evaluate_at.back()) {
      return Outcome{OutcomeKind::completed, "training went on beyond what is evaluated",
                     snapshot.step};
    }
    worker_->thaw();
    if (auto outcome = save_checkpoint(snapshot.step)) return *outcome;
    if (interrupt_requested_) return Outcome{OutcomeKind::interrupted, "on request", snapshot.step};
    fresh = false;
  }
}

void TrialRun::go(TrialTimer& timer, bool tell_last, bool evaluate_now) {
  protocol::Go message{seconds(submission_time_.elapsed()), tell_last, {}};
  if (tell_last) message.evaluation = told_.back();
  if (!conditions().told_times_s.empty()) {
    message.time_used_s = told_.empty() ? 0 : told_.back().submission_time_s;
  }
  evaluator_.region().control().evaluation_due = 0;
  evaluation_asked_ = false;
  went_at_ = submission_time_.elapsed();
  submission_time_.start();
  timer.go(submission_time_.elapsed(), evaluator_.region().control().step, evaluate_now);
  worker_->send(message);
  worker_waits_ = false;
}

std::optional<Outcome> TrialRun::await_snapshot(TrialTimer& timer, protocol::Snapshot& snapshot) {
  while (true) {
    const Wakeup wakeup = worker_->wait(timer.wait(submission_time_.elapsed(), kTick), signal_fd_);
    if (wakeup.message) submission_time_.stop();
    const Duration used = submission_time_.elapsed();
    clock_file_.set(seconds(used));
    if (wakeup.message) {
      if (const auto* failed = std::get_if<protocol::Failed>(&wakeup.message->message)) {
        return outcome_of(*failed);
      }
      snapshot = expect<protocol::Snapshot>(*wakeup.message);
      note_stretch(snapshot.step);
      keep_losses(snapshot);
      worker_waits_ = true;
      return std::nullopt;
    }
    if (wakeup.closed) return ended_worker();
    if (wakeup.interrupted && !request_interrupt()) {
      return Outcome{OutcomeKind::interrupted, "at once, on a second request"};
    }
    const std::int64_t step = evaluator_.region().control().step;
    if (auto outcome = look(timer.look(used, step), step)) return *outcome;
    if (clock_.now() - shown_ >= kDisplayTick) {
      shown_ = clock_.now();
      progress_.tick(step, seconds(used));
    }
  }
}

void TrialRun::keep_losses(const protocol::Snapshot& snapshot) {
  if (snapshot.losses.losses.empty()) return;
  if (!conditions().record_losses || snapshot.losses.first_step < last_step_) {
    throw protocol::ProtocolError("training losses that were not asked for");
  }
  store_.add_training_losses(attempt_, snapshot.losses);
}

std::optional<Outcome> TrialRun::look(TrialTimer::Event event, std::int64_t step) {
  switch (event) {
    case TrialTimer::Event::budget_spent:
      return Outcome{OutcomeKind::budget_spent, "", step};
    case TrialTimer::Event::hung:
      return Outcome{
          OutcomeKind::hung,
          "no step was completed for " + std::to_string(static_cast<int>(limits().hang_s)) + " s",
          step};
    case TrialTimer::Event::evaluation_due:
      ask_for_evaluation();
      break;
    case TrialTimer::Event::none:
      break;
  }
  const WorkerProcess::Use use = worker_->use();
  if (use.resident_bytes > memory_limit_bytes()) {
    return Outcome{
        OutcomeKind::out_of_memory_host,
        "the worker took more than the " + std::to_string(memory_limit_mb()) + " MiB it may", step};
  }
  if (use.threads > kMaxThreads) {
    return Outcome{OutcomeKind::protocol_broken,
                   "the worker started " + std::to_string(use.threads) +
                       " threads, more than the " + std::to_string(kMaxThreads) + " it may",
                   step};
  }
  return std::nullopt;
}

bool TrialRun::request_interrupt() {
  signalfd_siginfo info{};
  if (::read(signal_fd_, &info, sizeof info) < 0) return true;
  if (interrupt_requested_) return false;
  interrupt_requested_ = true;
  ask_for_evaluation();
  return true;
}

void TrialRun::ask_for_evaluation() {
  evaluation_asked_ = true;
  evaluator_.region().control().evaluation_due = 1;
}

std::optional<Outcome> TrialRun::freeze(std::int64_t step) {
  try {
    worker_->freeze();
    return std::nullopt;
  } catch (const sandbox::WillNotStop& error) {
    return Outcome{OutcomeKind::protocol_broken, error.what(), step};
  }
}

std::optional<Outcome> TrialRun::refuse(const protocol::Snapshot& snapshot) {
  const std::int64_t max_steps = record_.sweep.max_steps.value_or(snapshot.step);
  if (snapshot.step < last_step_ || snapshot.step > max_steps) {
    return Outcome{OutcomeKind::protocol_broken,
                   "the snapshot is of step " + std::to_string(snapshot.step) +
                       ", which does not follow step " + std::to_string(last_step_),
                   last_step_};
  }
  last_step_ = snapshot.step;
  if (snapshot.reason == protocol::SnapshotReason::due && !is_expected(snapshot.step)) {
    return Outcome{OutcomeKind::protocol_broken, "a snapshot that nobody had asked for",
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

bool TrialRun::is_expected(std::int64_t step) const {
  const auto steps = conditions().snapshot_steps();
  return evaluation_asked_ || std::binary_search(steps.begin(), steps.end(), step);
}

bool TrialRun::is_evaluated(const protocol::Snapshot& snapshot) const {
  if (!conditions().scheduled()) return !interrupt_requested_;
  return snapshot.reason != protocol::SnapshotReason::due || conditions().evaluates(snapshot.step);
}

void TrialRun::tell(const Evaluation& evaluation) {
  told_.push_back(evaluation);
  const auto& times = conditions().told_times_s;
  if (told_.size() <= times.size()) told_.back().submission_time_s = times[told_.size() - 1];
}

Evaluation TrialRun::evaluate(const protocol::Snapshot& snapshot) {
  evaluation_time_.start();
  Evaluation result;
  result.metrics = evaluator_.evaluate();
  evaluated_ = true;
  result.parameter_hash = evaluator_.hash();
  evaluation_time_.stop();
  result.step = snapshot.step;
  result.submission_time_s = seconds(submission_time_.elapsed());
  result.evaluation_time_s = seconds(evaluation_time_.elapsed());
  result.checkpoint_time_s = seconds(checkpoint_time_.elapsed());
  result.total_time_s = seconds(total_time_.elapsed());
  const double earlier_wait_s =
      record_.earlier.empty() ? 0 : record_.earlier.back().data_wait_s.value_or(0);
  result.data_wait_s = earlier_wait_s + snapshot.data_wait_s;
  result.recorded = snapshot.recorded;
  return result;
}

double TrialRun::validation_metric(const Evaluation& evaluation) const {
  const auto found = evaluation.metrics.find("validation/" + record_.workload.metric);
  if (found == evaluation.metrics.end()) {
    throw std::logic_error("workload '" + record_.workload.name + "' has no metric '" +
                           record_.workload.metric + "'");
  }
  return found->second;
}

std::optional<Outcome> TrialRun::check_frozen(std::int64_t step) {
  const std::int64_t worked_ns = worker_->cpu_since_freeze_ns();
  frozen_cpu_ns_ += worked_ns;
  if (worked_ns <= kFrozenToleranceNs) return std::nullopt;
  // Who is killed works on its own end, which takes milliseconds and gains it nothing.
  if (worker_->dies_within(kDyingPatience)) {
    worker_->thaw();  // what encloses it tells how it ended
    return ended_worker();
  }
  return Outcome{OutcomeKind::protocol_broken,
                 "the worker computed for " + std::to_string(worked_ns / 1'000'000) +
                     " ms while it was frozen",
                 step};
}

std::optional<Outcome> TrialRun::judge(const Evaluation& evaluation,
                                       const protocol::Snapshot& snapshot) {
  if (conditions().scheduled()) return judge_schedule(snapshot);
  if (record_.rules.reaches(validation_metric(evaluation), record_.workload.validation_target)) {
    return Outcome{OutcomeKind::target_reached, "", snapshot.step};
  }
  switch (snapshot.reason) {
    case protocol::SnapshotReason::due:
      return std::nullopt;
    case protocol::SnapshotReason::complete:
      return Outcome{OutcomeKind::completed, "the submission ended training", snapshot.step};
    case protocol::SnapshotReason::step_limit:
      return Outcome{OutcomeKind::completed, "the sweep's step limit", snapshot.step};
  }
  return std::nullopt;
}

std::optional<Outcome> TrialRun::judge_schedule(const protocol::Snapshot& snapshot) const {
  switch (snapshot.reason) {
    case protocol::SnapshotReason::complete:
      return Outcome{OutcomeKind::completed, "the submission ended training", snapshot.step};
    case protocol::SnapshotReason::step_limit:
      return Outcome{OutcomeKind::completed, "the sweep's step limit", snapshot.step};
    case protocol::SnapshotReason::due:
      break;
  }
  if (snapshot.step < conditions().evaluate_at.back() || conditions().ends_by_itself()) {
    return std::nullopt;
  }
  return Outcome{OutcomeKind::completed, "the last step that is evaluated", snapshot.step};
}

}  // namespace timetrial::referee
