#pragma once
// When a running trial needs attention: an evaluation is due, the budget is spent, no step is made.
// Pure arithmetic on durations, so that it is tested without processes.
//
// Source: AlgoPerf's rules (evaluation due one period of time after the end of the last one, looked
// at between steps; the first one after the first step). Unlike AlgoPerf the budget ends a trial at
// once, not at the next evaluation.

#include "harness/clock/clock.h"

#include <algorithm>
#include <cstdint>

namespace timetrial::referee {

class TrialTimer {
 public:
  struct Terms {
    clock::Duration budget{};
    clock::Duration period{};
    clock::Duration hang{};  ///< longest time without a completed step
  };
  enum class Event { none, evaluation_due, budget_spent, hung };

  explicit TrialTimer(const Terms& terms) : terms_(terms) {}

  /// The clock has started (again) with `used` on it. `evaluate_now`: due at once (a fresh trial).
  void go(clock::Duration used, std::int64_t step, bool evaluate_now) {
    due_at_ = evaluate_now ? used : used + terms_.period;
    announced_ = false;
    step_ = step;
    step_at_ = used;
  }

  /// Looks at the clock and the worker's step counter. evaluation_due is told once per go().
  Event look(clock::Duration used, std::int64_t step) {
    if (step != step_) {
      step_ = step;
      step_at_ = used;
    }
    if (used >= terms_.budget) return Event::budget_spent;
    if (used - step_at_ >= terms_.hang) return Event::hung;
    if (!announced_ && used >= due_at_) {
      announced_ = true;
      return Event::evaluation_due;
    }
    return Event::none;
  }

  /// Submission time until the next possible event, at most `tick`, at least 0.
  clock::Duration wait(clock::Duration used, clock::Duration tick) const {
    clock::Duration next = std::min(terms_.budget, step_at_ + terms_.hang);
    if (!announced_) next = std::min(next, due_at_);
    return std::clamp(next - used, clock::Duration{0}, tick);
  }

 private:
  Terms terms_;
  clock::Duration due_at_{}, step_at_{};
  bool announced_ = false;
  std::int64_t step_ = 0;
};

}  // namespace timetrial::referee
