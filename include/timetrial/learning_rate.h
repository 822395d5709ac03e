#pragma once
// The learning rate over a trial: linear warm-up, then half a cosine, as AlgoPerf's baselines have
// it (reference_algorithms, cosine_warmup). Off, so that the rate is constant, unless the tuning
// point has one of its hyperparameters:
//
//   warmup_factor       warm-up, as a fraction of the horizon, in [0, 1); default 0
//   decay_steps_factor  horizon, as a fraction of WorkloadInfo::step_hint, above 0; default 1
//   end_factor          rate at the horizon and after it, as a fraction of the peak; default 0
//
// One difference: the first step has 1/warm-up of the peak, not zero, so that no step is spent
// standing still.

#include <timetrial/hyperparameter_reader.h>
#include <timetrial/workload_info.h>

#include <cmath>
#include <cstdint>
#include <numbers>

namespace timetrial {

/// Times in steps. A horizon of 0 is a constant rate.
struct LearningRateSchedule {
  double warmup = 0, horizon = 0, end_factor = 0;

  /// What the peak rate is multiplied with in the update number `step`, from 0.
  double factor(std::int64_t step) const {
    if (horizon <= 0) return 1;
    const auto now = static_cast<double>(step);
    if (now < warmup) return (now + 1) / (warmup + 1);
    if (now >= horizon) return end_factor;
    const double progress = (now - warmup) / (horizon - warmup);
    return end_factor + (1 - end_factor) * 0.5 * (1 + std::cos(std::numbers::pi * progress));
  }
};

/// Reads the three hyperparameters. Throws std::invalid_argument as the reader does.
inline LearningRateSchedule read_schedule(HyperparameterReader& read,
                                          const WorkloadInfo& workload) {
  const bool scheduled = read.contains("warmup_factor") || read.contains("decay_steps_factor");
  const double warmup = read.fraction("warmup_factor", 0);
  const double decay = read.positive("decay_steps_factor", 1);
  const double end_factor = read.fraction("end_factor", 0);
  if (!scheduled) return {};
  if (workload.step_hint < 1) {
    throw std::invalid_argument(
        "a learning rate schedule needs the workload's step_hint, which is " +
        std::to_string(workload.step_hint));
  }
  const double horizon = decay * static_cast<double>(workload.step_hint);
  return {warmup * horizon, horizon, end_factor};
}

}  // namespace timetrial
