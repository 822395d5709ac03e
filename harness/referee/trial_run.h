#pragma once
// One trial being run. Split by phase: trial_start.cpp (until Go), trial_run.cpp (the loop),
// trial_diagnosis.cpp (what is measured beside an evaluation), trial_finish.cpp (checkpoints and
// the end), trial_noise.cpp (how quiet the machine was).

#include "harness/clock/clock.h"
#include "harness/hardware/noise.h"
#include "harness/hardware/profile.h"
#include "harness/hardware/step_drift.h"
#include "harness/protocol/bytes.h"
#include "harness/referee/checkpoints.h"
#include "harness/referee/clock_file.h"
#include "harness/referee/evaluator.h"
#include "harness/referee/progress.h"
#include "harness/referee/referee.h"
#include "harness/referee/trial_record.h"
#include "harness/referee/trial_timer.h"
#include "harness/referee/worker_process.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::referee {

class TrialRun {
 public:
  /// `signal_fd` is readable when SIGINT or SIGTERM waits.
  TrialRun(const RefereeOptions& options, store::Store store, TrialRecord record, int signal_fd);

  /// Runs to an outcome or an interruption and writes it down.
  ExitCode run();

 private:
  using Duration = clock::Duration;

  // trial_start.cpp
  Duration time_already_used();
  protocol::Configure configuration(bool resume) const;
  WorkerOptions worker_options() const;
  /// Starts the worker and waits until it is ready. An outcome if it never is.
  std::optional<Outcome> start_worker();
  void check_ready(const protocol::Ready& ready) const;
  void begin_attempt(double init_s);

  // trial_run.cpp
  Outcome play();
  void go(TrialTimer& timer, bool tell_last, bool evaluate_now);
  /// Runs the clock until the snapshot arrives. An outcome if it does not.
  std::optional<Outcome> await_snapshot(TrialTimer& timer, protocol::Snapshot& snapshot);
  std::optional<Outcome> look(TrialTimer::Event event, std::int64_t step);
  /// Notes a request to stop; false when it is the second one.
  bool request_interrupt();
  /// Asks the worker for a snapshot after its current step.
  void ask_for_evaluation();
  /// Stops the worker. An outcome if it does not let itself be stopped.
  std::optional<Outcome> freeze(std::int64_t step);
  /// A snapshot that ends the trial without an evaluation.
  std::optional<Outcome> refuse(const protocol::Snapshot& snapshot);
  /// Whether a snapshot was asked for, or is one of those that the conditions name.
  bool is_expected(std::int64_t step) const;
  bool is_evaluated(const protocol::Snapshot& snapshot) const;
  Evaluation evaluate(const protocol::Snapshot& snapshot);
  /// Tells the submission of an evaluation: with another time, where the conditions say so.
  void tell(const Evaluation& evaluation);
  double validation_metric(const Evaluation& evaluation) const;
  /// Work done while frozen, which could have changed the very snapshot that was evaluated.
  std::optional<Outcome> check_frozen(std::int64_t step);
  std::optional<Outcome> judge(const Evaluation& evaluation, const protocol::Snapshot& snapshot);
  /// The same for a trial that is evaluated at given steps.
  std::optional<Outcome> judge_schedule(const protocol::Snapshot& snapshot) const;

  // trial_diagnosis.cpp
  /// Has the worker measure what the conditions ask for, off the clock, and adds the numbers to the
  /// evaluation. An outcome if it does not.
  std::optional<Outcome> diagnose(Evaluation& evaluation);
  std::optional<Outcome> await_diagnosis(Evaluation& evaluation);

  // trial_finish.cpp
  /// Asks for a checkpoint if one is due. Off the clock up to an allowance, on it beyond.
  std::optional<Outcome> save_checkpoint(std::int64_t step);
  std::optional<Outcome> await_checkpoint(const protocol::FileDescriptor& file, std::int64_t step,
                                          Duration started);
  void record_checkpoint(store::Checkpoint checkpoint, Duration started);
  /// The outcome of a worker that has closed its channel.
  Outcome ended_worker();
  /// Has the evaluators that the conditions ask for look at the model that was evaluated last.
  void look_at_model(OutcomeKind outcome);
  void close(Outcome outcome);

  // trial_noise.cpp
  /// A snapshot of this step has arrived: how long it took since Go.
  void note_stretch(std::int64_t step);
  /// The training losses that came with a snapshot go to the store, even if it diverged.
  void keep_losses(const protocol::Snapshot& snapshot);
  /// The noise of the attempt, and whether its times count.
  void add_noise(OutcomeKind outcome, store::AttemptEnd& end) const;

  /// The rule set's, or this hardware profile's if that is less.
  std::int64_t memory_limit_mb() const {
    const std::int64_t rules = limits().memory_mb, profile = profile_.trial_memory_mb;
    return profile > 0 ? std::min(rules, profile) : rules;
  }
  std::int64_t memory_limit_bytes() const { return memory_limit_mb() << 20; }
  const rulesets::Conditions& conditions() const { return record_.rule_set.conditions; }
  /// No trial that is evaluated at given steps lasts as long.
  static constexpr Duration kNever = std::chrono::hours(24 * 365 * 50);
  Duration budget() const {
    return conditions().scheduled() ? kNever : clock::from_seconds(record_.row.trial.budget_s);
  }
  Duration period() const {
    return conditions().scheduled() ? kNever
                                    : clock::from_seconds(record_.rules.evaluation_period_s);
  }
  const rulesets::Limits& limits() const { return record_.rule_set.limits; }

  /// The message as the expected kind. Throws ProtocolError for another.
  template <typename Expected>
  static Expected expect(const protocol::Received& received) {
    const auto* message = std::get_if<Expected>(&received.message);
    if (message == nullptr) {
      throw protocol::ProtocolError(std::string("unexpected message ") +
                                    protocol::name(received.message));
    }
    return *message;
  }

  RefereeOptions options_;
  store::Store store_;
  TrialRecord record_;
  hardware::Fingerprint machine_;
  hardware::Profile profile_;  ///< of this machine
  int signal_fd_;
  clock::SteadyClock clock_;
  ClockFile clock_file_;
  Checkpoints checkpoints_;
  Progress progress_;
  Evaluator evaluator_;
  std::vector<std::string> evaluators_;  ///< that look at the model in the end
  bool evaluated_ = false;               ///< in this attempt
  clock::Stopwatch submission_time_, evaluation_time_, checkpoint_time_, total_time_;
  std::optional<WorkerProcess> worker_;
  std::optional<hardware::NoiseProbe> noise_;
  std::vector<hardware::Stretch> stretches_;  ///< of this attempt

  std::int64_t attempt_ = 0;  ///< id in the store; 0 before it has begun
  std::int64_t start_step_ = 0;
  std::int64_t last_step_ = 0;    ///< of the newest snapshot, or where the attempt began
  std::vector<Evaluation> told_;  ///< what the submission knows, oldest first
  std::int64_t frozen_cpu_ns_ = 0;
  std::int64_t out_of_memory_kills_;
  Duration checkpointed_at_{}, shown_{};
  bool evaluation_asked_ = false;  ///< of the worker, since the last Go
  Duration went_at_{};             ///< submission time of the last Go
  bool interrupt_requested_ = false;
  bool worker_waits_ = false;  ///< for a message, so that it can be asked to stop
};

}  // namespace timetrial::referee
