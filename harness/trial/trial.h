#pragma once
// The values that every part of the harness shares: which trial, what was measured, how it ended.

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace timetrial {

/// Names one trial within a sweep. Studies and trials count from 0.
struct TrialKey {
  std::string submission;
  std::string workload;
  int study = 0;
  int trial = 0;
  auto operator<=>(const TrialKey&) const = default;
};

/// "adamw / fashion_mnist_vit / study 0 / trial 1"
std::string to_string(const TrialKey& key);

/// How a trial ended. The spelling of to_string is the database's and the JSON's.
enum class OutcomeKind {
  target_reached,
  budget_spent,
  completed,  ///< the submission said so, or the step limit was reached
  diverged,   ///< parameters or validation metric not finite
  out_of_memory_host,
  out_of_memory_device,
  crashed,  ///< exception, signal, early exit
  hung,
  protocol_broken,
  interrupted,  ///< by the user: not final, `resume` goes on
};
const char* to_string(OutcomeKind kind);
std::optional<OutcomeKind> parse_outcome(const std::string& text);

/// True for an outcome that closes the trial (all but interrupted).
bool is_final(OutcomeKind kind);
/// True for an outcome of a training algorithm that did its job: target reached, budget spent,
/// completed, diverged. The others count as "some trials failed" (exit code 3).
bool is_regular(OutcomeKind kind);

struct Outcome {
  OutcomeKind kind = OutcomeKind::crashed;
  std::string reason = {};  ///< one line; empty when the kind says all
  std::int64_t step = 0;    ///< steps known to be done
  double submission_time_s = 0;
};

/// Mean training losses of the steps first_step, first_step + 1, …: losses[i] is that of `stride`
/// of them (fewer at the end). Claimed by the worker.
struct TrainingLosses {
  std::int64_t first_step = 0, stride = 1;
  std::vector<float> losses = {};
};

/// One evaluation by the referee. Times are seconds since Go, summed over attempts.
struct Evaluation {
  std::int64_t step = 0;
  double submission_time_s = 0;  ///< the scored clock at the arrival of the snapshot
  double evaluation_time_s = 0;  ///< accumulated, off the clock
  double checkpoint_time_s = 0;  ///< accumulated, off the clock
  double total_time_s = 0;       ///< wall time since the attempt's start, summed over attempts
  /// Part of the submission time in which training waited for its data, as the worker says; nothing
  /// decides by it. Absent in stores of older versions.
  std::optional<double> data_wait_s = {};
  std::map<std::string, double> metrics;  ///< "validation/accuracy" …; NaN is allowed
  /// What the submission said of itself; nothing decides by it.
  std::map<std::string, double> recorded = {};
  std::string parameter_hash;  ///< SHA-256 of the snapshot's parameters and model state, hex
};

}  // namespace timetrial
