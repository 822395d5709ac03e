#pragma once
// The sharpness of a trial along training, from what `--diagnose sharpness` has stored, and whether
// it arrived at the threshold where its updates become unstable.
//
// Source  Cohen et al. 2022, "Adaptive Gradient Methods at the Edge of Stability" (arXiv
//         2207.14484)

#include "harness/trial/trial.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace timetrial::scoring {

/// One measurement, taken with an evaluation. NaN where the loss had no finite curvature.
struct SharpnessPoint {
  std::int64_t step = 0;
  double raw = 0;  ///< largest eigenvalue of the Hessian
  /// Of the preconditioned one, and the update's threshold for it; nothing for a submission that
  /// has no preconditioner.
  std::optional<double> preconditioned, threshold;
  double residual = 0;  ///< of the preconditioned one, or of the raw one where there is none

  std::optional<double> ratio() const {
    if (!preconditioned || !threshold) return std::nullopt;
    return *preconditioned / *threshold;
  }
};

/// Those that the evaluations recorded, by their steps.
std::vector<SharpnessPoint> sharpness_of(const std::vector<Evaluation>& evaluations);

/// Training is at its threshold while the ratio is from here on: the lower end of the band that
/// the study adaptive_edge_of_stability asks for.
inline constexpr double kReachedRatio = 0.95;

/// The first measurement whose ratio is at least kReachedRatio.
std::optional<SharpnessPoint> first_reached(const std::vector<SharpnessPoint>& points);

/// Mean, least and largest ratio.
struct RatioSummary {
  double mean = 0, least = 0, largest = 0;
};
/// Over the second half of the measurements; nothing without ratios, NaN where one is.
std::optional<RatioSummary> later_ratios(const std::vector<SharpnessPoint>& points);

}  // namespace timetrial::scoring
