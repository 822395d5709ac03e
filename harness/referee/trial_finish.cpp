#include "harness/referee/failure_outcome.h"
#include "harness/referee/host.h"
#include "harness/referee/trial_run.h"

#include <algorithm>
#include <stdexcept>

namespace timetrial::referee {
namespace {

constexpr clock::Duration kTick = std::chrono::milliseconds(50);
constexpr clock::Duration kStopPatience = std::chrono::seconds(2);

}  // namespace

using clock::from_seconds;
using clock::seconds;

std::optional<Outcome> TrialRun::save_checkpoint(std::int64_t step) {
  const Duration since = submission_time_.elapsed() - checkpointed_at_;
  if (!interrupt_requested_ && since < from_seconds(limits().checkpoint_period_s)) {
    return std::nullopt;
  }
  const Duration started = clock_.now();
  checkpoint_time_.start();
  const protocol::FileDescriptor file = checkpoints_.begin();
  worker_->send(protocol::SaveCheckpoint{}, file.get());
  if (auto outcome = await_checkpoint(file, step, started)) return outcome;
  record_checkpoint(checkpoints_.commit(file, step), started);
  return std::nullopt;
}

std::optional<Outcome> TrialRun::await_checkpoint(const protocol::FileDescriptor& file,
                                                  std::int64_t step, Duration started) {
  while (clock_.now() - started < from_seconds(limits().hang_s)) {
    const Wakeup wakeup = worker_->wait(kTick, signal_fd_);
    if (wakeup.closed) return ended_worker();
    if (wakeup.interrupted && !request_interrupt()) {
      return Outcome{OutcomeKind::interrupted, "at once, on a second request"};
    }
    if (!wakeup.message) continue;
    if (const auto* failed = std::get_if<protocol::Failed>(&wakeup.message->message)) {
      if (failed->kind != protocol::FailureKind::storage || checkpoints_.can_grow(file)) {
        return outcome_of(*failed);
      }
      // The disk's fault: the trial stays open, and the time on its clock.
      throw std::runtime_error("the checkpoint of step " + std::to_string(step) +
                               " could not be written (" + failed->reason + ")");
    }
    if (expect<protocol::Checkpointed>(*wakeup.message).step != step) {
      throw protocol::ProtocolError("the checkpoint is of another step than the snapshot");
    }
    return std::nullopt;
  }
  return Outcome{OutcomeKind::hung, "saving a checkpoint", step};
}

void TrialRun::record_checkpoint(store::Checkpoint checkpoint, Duration started) {
  checkpoint_time_.stop();
  const Duration allowance = from_seconds(limits().checkpoint_allowance_s);
  const Duration taken = clock_.now() - started;
  // All of it, until it is on the disk: the worker is not frozen meanwhile.
  if (taken > allowance) submission_time_.charge(taken - allowance);
  checkpointed_at_ = submission_time_.elapsed();
  clock_file_.set(seconds(checkpointed_at_));
  checkpoint.submission_time_s = seconds(checkpointed_at_);
  checkpoint.duration_s = seconds(taken);
  store_.add_checkpoint(attempt_, checkpoint);
}

Outcome TrialRun::ended_worker() {
  submission_time_.stop();
  const sandbox::ExitStatus status = worker_->finish_within(kStopPatience);
  return outcome_of(status, sandbox::out_of_memory_kills() > out_of_memory_kills_,
                    last_line(options_.work_dir / "worker.log"));
}

void TrialRun::look_at_model(OutcomeKind outcome) {
  const bool is_trained = outcome == OutcomeKind::target_reached ||
                          outcome == OutcomeKind::budget_spent || outcome == OutcomeKind::completed;
  if (!is_trained || !evaluated_ || evaluators_.empty()) return;
  std::map<std::string, double> found;
  for (const auto& evaluator : evaluators_) found.merge(evaluator_.look(evaluator));
  store_.add_recorded(attempt_, found);
}

void TrialRun::close(Outcome outcome) {
  if (noise_) noise_->look();  // while the worker is there
  if (worker_) {
    if (worker_waits_) {
      worker_->stop(kStopPatience);
    } else {
      worker_->finish();
    }
    outcome.step = std::max(outcome.step, start_step_);
  }
  outcome.submission_time_s = seconds(submission_time_.elapsed());
  clock_file_.set(outcome.submission_time_s);
  look_at_model(outcome.kind);
  if (attempt_ != 0) {
    store::AttemptEnd end;
    end.ended_ns = utc_ns();
    end.submission_time_s = outcome.submission_time_s;
    end.frozen_cpu_s = static_cast<double>(frozen_cpu_ns_) * 1e-9;
    end.peak_memory_bytes = worker_->peak_bytes();
    add_noise(outcome.kind, end);
    store_.end_attempt(attempt_, end);
  }
  if (is_final(outcome.kind)) store_.finish_trial(record_.row.trial.id, outcome, utc_ns());
  progress_.end(outcome);
}

}  // namespace timetrial::referee
