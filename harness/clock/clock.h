#pragma once
// Time that counts. The referee alone holds a Clock; tests hold a FakeClock. Steady time only:
// system time jumps, and is for dates in reports.

#include <chrono>

namespace timetrial::clock {

using Duration = std::chrono::nanoseconds;

/// Seconds as stored and reported.
constexpr double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}
/// To the nearest nanosecond: what seconds() gave comes back whole, up to 50 days. Cut off, time
/// used would shrink by a nanosecond from one attempt to the next.
constexpr Duration from_seconds(double value) {
  return std::chrono::round<Duration>(std::chrono::duration<double>(value));
}

class Clock {
 public:
  virtual ~Clock() = default;
  /// Time since an arbitrary, fixed moment; never decreases.
  virtual Duration now() const = 0;
};

/// CLOCK_MONOTONIC.
class SteadyClock final : public Clock {
 public:
  Duration now() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
};

class FakeClock final : public Clock {
 public:
  Duration now() const override { return now_; }
  void advance(Duration by) { now_ += by; }

 private:
  Duration now_{0};
};

/// Accumulates the time between start and stop: the scored clock of a trial, and the unscored ones
/// beside it. Starts stopped, at `already`.
class Stopwatch {
 public:
  explicit Stopwatch(const Clock& clock, Duration already = Duration{0})
      : clock_(clock), accumulated_(already) {}

  bool running() const { return running_; }
  void start() {
    if (running_) return;
    running_ = true;
    started_ = clock_.now();
  }
  void stop() {
    accumulated_ = elapsed();
    running_ = false;
  }
  /// Adds time that was measured elsewhere.
  void charge(Duration time) { accumulated_ += time; }
  Duration elapsed() const {
    return running_ ? accumulated_ + (clock_.now() - started_) : accumulated_;
  }

 private:
  const Clock& clock_;
  Duration accumulated_;
  Duration started_{0};
  bool running_ = false;
};

}  // namespace timetrial::clock
