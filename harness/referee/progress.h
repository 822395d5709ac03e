#pragma once
// What the referee tells the process that started it: one JSON object a line on a pipe.
//
//   {"event":"start","attempt":0,"step":0,"time_s":0}
//   {"event":"tick","step":120,"time_s":3.2}
//   {"event":"evaluation","step":120,"time_s":3.3,"value":0.71}
//   {"event":"end","outcome":"target_reached","reason":"","step":900,"time_s":21.4}
//
// The store is the truth; this is for display.

#include "harness/trial/trial.h"

#include <cstdint>
#include <string>

namespace timetrial::referee {

class Progress {
 public:
  /// A negative descriptor: nothing is written.
  explicit Progress(int fd) : fd_(fd) {}
  void start(int attempt, std::int64_t step, double time_s);
  void tick(std::int64_t step, double time_s);
  void evaluation(const Evaluation& evaluation, double value);
  void end(const Outcome& outcome);

 private:
  void line(const std::string& text);
  int fd_;
};

}  // namespace timetrial::referee
