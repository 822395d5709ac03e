#pragma once
// Performance profiles and their score.
//
// Profile   rho_s(tau) = share of all scored workloads with ratio r(s, w) <= tau (gates.h): a step
//           function; a workload that nobody reaches still counts in the divisor
// Score     1/(tau_max − 1) · integral of rho_s from 1 to tau_max; in [0, 1]
// Source    Dolan & Moré 2002, "Benchmarking optimization software with performance profiles";
//           AlgoPerf (Dahl et al. 2023, arXiv 2306.07179, section 5.3), which sums 100 points of
//           tau by the trapezoid rule: `grid_score`, where `profile_score` takes the integral
//           itself

#include "scoring/options.h"

#include <span>
#include <vector>

namespace timetrial::scoring {

/// One jump of a profile: from `tau` on, `share` of the workloads are within that factor of the
/// best.
struct ProfileStep {
  double tau = 1;
  double share = 0;
};

/// The steps of one submission's profile with tau in [1, tau_max], by rising tau. The first is at
/// tau 1, with share 0 if the submission is nowhere the best.
std::vector<ProfileStep> profile(std::span<const double> ratios, double tau_max = kTauMax);

/// The closed form: mean over workloads of max(0, (tau_max − max(r, 1)) / (tau_max − 1)). Needs
/// tau_max > 1 and at least one ratio.
double profile_score(std::span<const double> ratios, double tau_max = kTauMax);

/// AlgoPerf's 100 points of tau, evenly from 1 to 4, both included.
const std::vector<double>& tau_grid();
/// rho at each point of the grid.
std::vector<double> grid_profile(std::span<const double> ratios);
/// Trapezoid rule over the grid, divided by 3.
double grid_score(std::span<const double> ratios);

/// Geometric mean of the finite ratios; infinite when there is none.
double geometric_mean_of_finite(std::span<const double> ratios);

}  // namespace timetrial::scoring
