#pragma once
// Numbers from inside of a forward pass, such as the largest attention logit, for whoever asks.
//
//   nn::Taps taps;
//   model.forward(batch, options);
//   taps.values().at("layers.0.attention_logit_max");
//
// Models report only while somebody listens: `if (nn::tapping()) nn::tap(name, value)`, so that a
// pass that nobody looks at costs one branch a number.
//
// Names    <block>.attention_logit_max    largest |logit| over batch, heads and visible pairs
//          <block>.attention_entropy      nats, mean over queries and heads
//          <block>.attention_branch_rms   of what attention adds to the residual stream
//          <block>.output_rms             of the residual stream after the block
//          log_z                          mean over tokens of log sum exp of the output logits
// Threads  a Taps hears the passes of the thread that made it, no others

#include <map>
#include <string>

namespace timetrial::nn {

/// While one lives, models on this thread report to it; of nested ones to the innermost. End them
/// in the reverse order, as scopes do.
class Taps {
 public:
  Taps();
  ~Taps();
  Taps(const Taps&) = delete;
  Taps& operator=(const Taps&) = delete;
  /// By name; of several reports under one name the latest.
  const std::map<std::string, double>& values() const { return values_; }

 private:
  friend void tap(const std::string& name, double value);
  std::map<std::string, double> values_;
  Taps* outer_;
};

/// Whether anybody listens on this thread.
bool tapping();
/// Without a listener: nothing.
void tap(const std::string& name, double value);

}  // namespace timetrial::nn
