#pragma once
// Performance profiles and their score in `exact` mode.
//
// Ratio     r(s, w) = time(s, w) / min over submissions of time(·, w); infinite when s never
// reaches w;
//           infinite for all when nobody does (the workload still counts in the divisor)
// Profile   rho_s(tau) = share of all workloads with r(s, w) <= tau: a step function
// Score     1/(tau_max − 1) · integral of rho_s from 1 to tau_max
//           = mean over workloads of max(0, (tau_max − r) / (tau_max − 1)); in [0, 1]
// Source    Dolan & Moré 2002, "Benchmarking optimization software with performance profiles";
//           AlgoPerf (Dahl et al. 2023, arXiv 2306.07179, section 5.3), which sums 100 points of
//           tau by the trapezoid rule where this takes the integral itself

#include <string>
#include <vector>

namespace timetrial::scoring {

inline constexpr double kTauMax = 4;  ///< AlgoPerf's

/// times[submission][workload], seconds, infinity for never. Rectangular.
using TimeMatrix = std::vector<std::vector<double>>;
using RatioMatrix = std::vector<std::vector<double>>;

/// One jump of a profile: from `tau` on, `share` of the workloads are within that factor of the
/// best.
struct ProfileStep {
  double tau = 1;
  double share = 0;
};

RatioMatrix ratios_to_best(const TimeMatrix& times);

/// The steps of one submission's profile with tau in [1, tau_max], by rising tau. The first is at
/// tau 1, with share 0 if the submission is nowhere the best.
std::vector<ProfileStep> profile(const std::vector<double>& ratios, double tau_max = kTauMax);

/// The closed form above. Needs tau_max > 1 and at least one ratio.
double profile_score(const std::vector<double>& ratios, double tau_max = kTauMax);

/// Geometric mean of the finite ratios; infinite when there is none.
double geometric_mean_of_finite(const std::vector<double>& ratios);

}  // namespace timetrial::scoring
