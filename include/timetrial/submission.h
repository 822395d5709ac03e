#pragma once
// A training algorithm. Derive from Submission, implement the hooks, and end the file with
//
//   TIMETRIAL_SUBMISSION(MyClass, "my_submission", "My Name")
//
// Order of calls, in one worker process (the class is default-constructed once per trial):
//
//   batch_size  init  [load]  ( ( select_batch update )*  prepare_for_eval  [save] )*
//
// batch_size and init are outside the scored time but bounded; select_batch, update and
// prepare_for_eval are on the clock. After prepare_for_eval the referee takes the parameters as
// they are, and training goes on from them: a submission that swaps weights in must swap them back
// in the next select_batch or update. An exception from any hook ends the trial as crashed, except
// TrainingComplete. Source: AlgoPerf's submission API (algorithms/template/submission.py).

#include <timetrial/export.h>
#include <timetrial/preconditioner.h>
#include <timetrial/state.h>
#include <timetrial/training.h>

#include <cstdint>
#include <exception>
#include <optional>

namespace timetrial {

/// Thrown by update() to say that training is finished: one last evaluation follows.
class TrainingComplete : public std::exception {
 public:
  const char* what() const noexcept override { return "training complete"; }
};

class Submission {
 public:
  virtual ~Submission() = default;

  /// Examples per training batch, at least 1. The only hook meant to look at the workload's name,
  /// and only for what fits in memory.
  virtual std::int64_t batch_size(const WorkloadInfo& workload) const = 0;

  /// Builds optimizer state. Throw std::invalid_argument for a hyperparameter out of range, naming
  /// it, its value and its range.
  virtual void init(Training& training) = 0;

  /// The batch of the next step. May echo, filter, reorder or build batches of its own; must not
  /// change parameters.
  virtual Batch select_batch(Training& /*training*/, BatchQueue& queue) { return queue.next(); }

  /// One step, whatever it does inside.
  virtual void update(Training& training, const Batch& batch) = 0;

  /// Called when an evaluation is due. May change parameters and model state.
  virtual void prepare_for_eval(Training& /*training*/) {}

  /// All state that the next update depends on, besides parameters and model state.
  virtual void save(StateWriter& out) const = 0;
  /// Called after init, in place of starting fresh: afterwards the next update must be bitwise the
  /// one that would have followed save().
  virtual void load(Training& training, StateReader& in) = 0;

  // --- for whoever studies the trial
  // ------------------------------------------------------------
  /// What the next update would divide by, where that is known. Called between steps and off the
  /// clock, on trials that record curvature; must change nothing.
  virtual std::optional<Preconditioner> preconditioner(const Training& /*training*/) const {
    return {};
  }
};

}  // namespace timetrial
