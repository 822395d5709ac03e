#include "harness/device/device.h"
#include "harness/referee/failure_outcome.h"
#include "harness/referee/host.h"
#include "harness/referee/trial_run.h"
#include "harness/sdk/confinement.h"
#include "harness/store/kept_evaluations.h"

#include <algorithm>

namespace timetrial::referee {

using clock::from_seconds;
using clock::seconds;

namespace {

c10::Device open_device(const RefereeOptions& options, const rulesets::Conditions& conditions) {
  if (conditions.deterministic) device::use_deterministic_algorithms();
  return device::open_device(options.device, options.threads);
}

}  // namespace

TrialRun::TrialRun(const RefereeOptions& options, store::Store store, TrialRecord record,
                   int signal_fd)
    : options_(options),
      store_(std::move(store)),
      record_(std::move(record)),
      machine_(hardware::detect()),
      profile_(hardware::machine_profile(machine_)),
      signal_fd_(signal_fd),
      clock_file_(options.work_dir / "clock"),
      checkpoints_(options.work_dir),
      progress_(options.progress_fd),
      evaluator_(record_.workload.name, options.data_dir,
                 open_device(options, record_.rule_set.conditions),
                 record_.rules.evaluation_batch_size, conditions().evaluate_examples),
      evaluators_(evaluator_.evaluators(conditions().evaluators)),
      submission_time_(clock_, time_already_used()),
      evaluation_time_(clock_),
      checkpoint_time_(clock_),
      total_time_(clock_),
      out_of_memory_kills_(sandbox::out_of_memory_kills()) {
  if (record_.earlier.empty()) return;
  evaluation_time_.charge(from_seconds(record_.earlier.back().evaluation_time_s));
  checkpoint_time_.charge(from_seconds(record_.earlier.back().checkpoint_time_s));
  total_time_.charge(from_seconds(record_.earlier.back().total_time_s));
}

clock::Duration TrialRun::time_already_used() {
  return from_seconds(std::max(record_.row.submission_time_s, clock_file_.used_s()));
}

protocol::Configure TrialRun::configuration(bool resume) const {
  return {.workload = record_.workload.name,
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
          .evaluations = told_,
          .blind = conditions().blind,
          .deterministic = conditions().deterministic,
          .snapshot_at = conditions().snapshot_steps(),
          .record_losses = conditions().record_losses,
          .diagnose = conditions().diagnose};
}

WorkerOptions TrialRun::worker_options() const {
  WorkerOptions result{.executable = options_.worker,
                       .enclosure = {},
                       .scratch = options_.work_dir / "scratch",
                       .log = options_.work_dir / "worker.log",
                       .memory_limit_bytes = memory_limit_bytes(),
                       .scratch_limit_bytes = limits().scratch_mb << 20,
                       .threads = options_.threads};
  if (options_.namespaces) {
    result.enclosure =
        sdk::accessible({.device = options_.device,
                         .readable = {evaluator_.training_dir(), record_.submission.library},
                         .scratch = {}});
  }
  return result;
}

std::optional<Outcome> TrialRun::start_worker() {
  constexpr Duration kTick = std::chrono::milliseconds(50);
  worker_.emplace(worker_options(), evaluator_.region());
  const auto checkpoint = checkpoints_.newest(store_.checkpoints(record_.row.trial.id));
  start_step_ = checkpoint ? checkpoint->record.step : 0;
  last_step_ = start_step_;
  // Those of a past that is undone, and done again, are not of this training.
  for (const auto& evaluation : store::kept_evaluations(record_.earlier, record_.attempts)) {
    if (evaluation.step <= start_step_) tell(evaluation);
  }
  const Duration started = clock_.now();
  worker_->send(configuration(checkpoint.has_value()), checkpoint ? checkpoint->file.get() : -1);
  while (clock_.now() - started < from_seconds(limits().init_s)) {
    const Wakeup wakeup = worker_->wait(kTick, signal_fd_);
    if (wakeup.closed) return ended_worker();
    if (wakeup.interrupted) return Outcome{OutcomeKind::interrupted, "before training began"};
    if (!wakeup.message) continue;
    if (const auto* failed = std::get_if<protocol::Failed>(&wakeup.message->message)) {
      return outcome_of(*failed);
    }
    check_ready(expect<protocol::Ready>(*wakeup.message));
    begin_attempt(seconds(clock_.now() - started));
    return std::nullopt;
  }
  return Outcome{OutcomeKind::hung, "initialisation took longer than " +
                                        std::to_string(static_cast<int>(limits().init_s)) + " s"};
}

void TrialRun::check_ready(const protocol::Ready& ready) const {
  if (ready.layout_hash != evaluator_.layout().hash()) {
    throw protocol::ProtocolError("the worker's model has other parameters than the referee's");
  }
  if (ready.step != start_step_) {
    throw protocol::ProtocolError("the worker began at step " + std::to_string(ready.step) +
                                  " instead of " + std::to_string(start_step_));
  }
}

void TrialRun::begin_attempt(double init_s) {
  store::Attempt attempt;
  attempt.trial_id = record_.row.trial.id;
  attempt.number = record_.row.attempts;
  attempt.started_ns = utc_ns();
  attempt.init_time_s = init_s;
  attempt.start_time_s = seconds(submission_time_.elapsed());
  attempt.start_step = start_step_;
  attempt.host_json = host_json(options_, profile_, machine_);
  attempt_ = store_.begin_attempt(attempt);
  // Only now does the run have a name. Nothing is lost if this process is killed before it is
  // written down: the clock has not started.
  const std::string run = store_.trial(attempt.trial_id).value().run;
  if (clock_file_.is_of(run)) {
    clock_file_.mend(run);
  } else {
    clock_file_.begin(run);
  }
  clock_file_.set(attempt.start_time_s);
  noise_.emplace(worker_->pid());
  checkpointed_at_ = submission_time_.elapsed();
  progress_.start(attempt.number, start_step_, attempt.start_time_s);
}

}  // namespace timetrial::referee
