#pragma once
// One trial being run. Split by phase: trial_start.cpp (until Go), trial_run.cpp (the loop),
// trial_finish.cpp (checkpoints and the end).

#include "harness/clock/clock.h"
#include "harness/hardware/noise.h"
#include "harness/protocol/bytes.h"
#include "harness/referee/checkpoints.h"
#include "harness/referee/clock_file.h"
#include "harness/referee/evaluator.h"
#include "harness/referee/progress.h"
#include "harness/referee/referee.h"
#include "harness/referee/trial_record.h"
#include "harness/referee/trial_timer.h"
#include "harness/referee/worker_process.h"

#include <optional>
#include <string>

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
  /// A snapshot that ends the trial without an evaluation.
  std::optional<Outcome> refuse(const protocol::Snapshot& snapshot);
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

  // trial_finish.cpp
  /// Asks for a checkpoint if one is due. Off the clock up to an allowance, on it beyond.
  std::optional<Outcome> save_checkpoint(std::int64_t step);
  std::optional<Outcome> await_checkpoint(std::int64_t step, Duration started);
  void record_checkpoint(const protocol::FileDescriptor& file, std::int64_t step, Duration started);
  /// The outcome of a worker that has closed its channel.
  Outcome ended_worker();
  void close(Outcome outcome);

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
  std::int64_t memory_limit_bytes() const { return record_.rule_set.limits.memory_mb << 20; }
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
  int signal_fd_;
  clock::SteadyClock clock_;
  ClockFile clock_file_;
  Checkpoints checkpoints_;
  Progress progress_;
  Evaluator evaluator_;
  clock::Stopwatch submission_time_, evaluation_time_, checkpoint_time_, total_time_;
  std::optional<WorkerProcess> worker_;
  std::optional<hardware::NoiseProbe> noise_;

  std::int64_t attempt_ = 0;  ///< id in the store; 0 before it has begun
  std::int64_t start_step_ = 0;
  std::vector<Evaluation> told_;  ///< what the submission knows, oldest first
  std::int64_t frozen_cpu_ns_ = 0;
  std::int64_t out_of_memory_kills_;
  Duration checkpointed_at_{}, shown_{};
  bool interrupt_requested_ = false;
  bool worker_waits_ = false;  ///< for a message, so that it can be asked to stop
};

}  // namespace timetrial::referee
