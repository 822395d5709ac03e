#pragma once
// The learning rate over a trial: linear warm-up, then a fall to the end, half a cosine or linear,
// as AlgoPerf's baselines have it, or by the reciprocal root of time, as large vision transformers
// are trained. Off, so that the rate is constant, unless the tuning point has one of the first two
// hyperparameters or rsqrt_timescale:
//
//   warmup_factor       warm-up, as a fraction of the horizon, in [0, 1); default 0
//   decay_steps_factor  horizon, as a fraction of WorkloadInfo::step_hint, above 0; default 1
//   end_factor          rate at the horizon and after it, as a fraction of the peak; default 0
//   linear_decay        0: half a cosine; 1: linear, where warmup_factor is a fraction of the step
//                       hint and decay_steps_factor one of the steps that warm-up leaves
//   rsqrt_timescale     above 0, in steps: after warm-up the rate is
//                       peak / sqrt(1 + (step - warm-up) / timescale), and neither end_factor nor
//                       linear_decay is allowed
//   cooldown_factor     with rsqrt_timescale: the last part of the horizon, as a fraction of it in
//                       [0, 1), over which the rate falls to 0 in a line as well; default 0
//
// Source  AlgoPerf's baselines, commit 2c90454fc05d: cosine_warmup of the adaptive methods,
//         create_lr_schedule_fn of momentum and nesterov (linear). Reciprocal root: Zhai et al.
//         2022, "Scaling Vision Transformers" (arXiv 2106.04560), section 3.5, without a shift
//
// One difference: the first step has 1/(warm-up + 1) of the peak, not zero, so that no step is
// spent standing still.

#include <timetrial/hyperparameter_reader.h>
#include <timetrial/workload_info.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>

namespace timetrial {

/// Times in steps. A horizon of 0 is a constant rate.
struct LearningRateSchedule {
  enum class Fall { cosine, linear, reciprocal_root };

  double warmup = 0, horizon = 0, end_factor = 0;
  Fall fall = Fall::cosine;
  double timescale = 0, cooldown = 0;  ///< of a reciprocal root

  /// What the peak rate is multiplied with in the update number `step`, from 0.
  double factor(std::int64_t step) const {
    if (horizon <= 0) return 1;
    const auto now = static_cast<double>(step);
    if (now < warmup) return (now + 1) / (warmup + 1);
    if (fall == Fall::reciprocal_root) {
      const double left = cooldown > 0 ? std::max(0.0, (horizon - now) / cooldown) : 1;
      return std::min(1.0, left) / std::sqrt(1 + (now - warmup) / timescale);
    }
    if (now >= horizon) return end_factor;
    const double progress = (now - warmup) / (horizon - warmup);
    const double left =
        fall == Fall::linear ? 1 - progress : 0.5 * (1 + std::cos(std::numbers::pi * progress));
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
  const auto timescale = read.optional_positive("rsqrt_timescale");
  const bool scheduled =
      read.contains("warmup_factor") || read.contains("decay_steps_factor") || timescale;
  const double warmup = read.fraction("warmup_factor", 0);
  const double decay = read.positive("decay_steps_factor", 1);
  const double end_factor = read.fraction("end_factor", 0);
  const bool linear =
      read.choice("linear_decay", 1, otherwise == DefaultDecay::by_factors && by_factors) == 1;
  const bool has_cooldown = read.contains("cooldown_factor");
  const double cooldown = read.fraction("cooldown_factor", 0);
  if (timescale ? read.contains("end_factor") || read.contains("linear_decay") : has_cooldown) {
    throw std::invalid_argument(
        "rsqrt_timescale goes with cooldown_factor, end_factor and linear_decay with its absence; "
        "the tuning point mixes them");
  }
  if (!scheduled) return {};
  if (workload.step_hint < 1) {
    throw std::invalid_argument(
        "a learning rate schedule needs the workload's step_hint, which is " +
        std::to_string(workload.step_hint));
  }
  const auto hint = static_cast<double>(workload.step_hint);
  LearningRateSchedule schedule{
      .warmup = warmup * decay * hint, .horizon = decay * hint, .end_factor = end_factor};
  if (timescale) {
    schedule.fall = LearningRateSchedule::Fall::reciprocal_root;
    schedule.timescale = *timescale;
    schedule.cooldown = cooldown * schedule.horizon;
  } else if (linear) {
    schedule.fall = LearningRateSchedule::Fall::linear;
    schedule.warmup = warmup * hint;
    schedule.horizon = hint * (warmup + decay * (1 - warmup));
  }
  return schedule;
}

}  // namespace timetrial
