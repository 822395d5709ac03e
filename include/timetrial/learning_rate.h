#pragma once
// The learning rate over a trial: linear warm-up, then a fall to the end, half a cosine or linear,
// as AlgoPerf's baselines have it. Off, so that the rate is constant, unless the tuning point has
// one of its hyperparameters:
//
//   warmup_factor       warm-up, as a fraction of the horizon, in [0, 1); default 0
//   decay_steps_factor  horizon, as a fraction of WorkloadInfo::step_hint, above 0; default 1
//   end_factor          rate at the horizon and after it, as a fraction of the peak; default 0
//   linear_decay        0: half a cosine; 1: linear, where warmup_factor is a fraction of the step
//                       hint and decay_steps_factor one of the steps that warm-up leaves
//
// Source  AlgoPerf's baselines, commit 2c90454fc05d: cosine_warmup of the adaptive methods,
//         create_lr_schedule_fn of momentum and nesterov (linear)
//
// One difference: the first step has 1/(warm-up + 1) of the peak, not zero, so that no step is
// spent standing still.

#include <timetrial/hyperparameter_reader.h>
#include <timetrial/workload_info.h>

#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>

namespace timetrial {

/// Times in steps. A horizon of 0 is a constant rate.
struct LearningRateSchedule {
  double warmup = 0, horizon = 0, end_factor = 0;
  bool linear = false;

  /// What the peak rate is multiplied with in the update number `step`, from 0.
  double factor(std::int64_t step) const {
    if (horizon <= 0) return 1;
    const auto now = static_cast<double>(step);
    if (now < warmup) return (now + 1) / (warmup + 1);
    if (now >= horizon) return end_factor;
    const double progress = (now - warmup) / (horizon - warmup);
    const double left = linear ? 1 - progress : 0.5 * (1 + std::cos(std::numbers::pi * progress));
    return end_factor + (1 - end_factor) * left;
  }
};

/// The fall of a rate when the point says nothing of it.
enum class DefaultDecay {
  cosine,
  /// Linear if the point has decay_steps_factor or end_factor, as AlgoPerf's points with linear
  /// decay do; else half a cosine.
  by_factors
};

/// Reads the hyperparameters above. Throws std::invalid_argument as the reader does.
inline LearningRateSchedule read_schedule(HyperparameterReader& read, const WorkloadInfo& workload,
                                          DefaultDecay otherwise = DefaultDecay::cosine) {
  const bool by_factors = read.contains("decay_steps_factor") || read.contains("end_factor");
  const bool scheduled = read.contains("warmup_factor") || read.contains("decay_steps_factor");
  const double warmup = read.fraction("warmup_factor", 0);
  const double decay = read.positive("decay_steps_factor", 1);
  const double end_factor = read.fraction("end_factor", 0);
  const bool linear =
      read.choice("linear_decay", 1, otherwise == DefaultDecay::by_factors && by_factors) == 1;
  if (!scheduled) return {};
  if (workload.step_hint < 1) {
    throw std::invalid_argument(
        "a learning rate schedule needs the workload's step_hint, which is " +
        std::to_string(workload.step_hint));
  }
  const auto hint = static_cast<double>(workload.step_hint);
  if (linear) {
    return {warmup * hint, hint * (warmup + decay * (1 - warmup)), end_factor, /*linear=*/true};
  }
  return {warmup * decay * hint, decay * hint, end_factor, /*linear=*/false};
}

}  // namespace timetrial
