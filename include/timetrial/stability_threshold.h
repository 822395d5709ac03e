#pragma once
// The largest curvature at which an update with a frozen preconditioner is stable on a quadratic,
// by the form of its momentum: for Submission::preconditioner(). On a curvature c the update is a
// recursion of two steps, w'' = (1 + beta - a c) w' - (beta - b c) w, and it is stable while both
// roots of its characteristic polynomial lie inside the unit circle; the binding one reaches -1.
//
// `rate` is above 0, `beta` in [0, 1). A rate of 0 has the threshold infinity. Weight decay adds to
// the contraction, which counts for nothing while rate * decay is far below 1.
//
// Source  Cohen et al. 2022, "Adaptive Gradient Methods at the Edge of Stability" (arXiv
//         2207.14484), section 2 and appendix A, for the first three; the last by the same means

namespace timetrial {

/// m <- beta m + g;  w <- w - rate m / P. Without momentum: 2 / rate.
constexpr double heavy_ball_threshold(double rate, double beta) { return (2 + 2 * beta) / rate; }

/// m <- beta m + g;  w <- w - rate (g + beta m) / P
constexpr double nesterov_threshold(double rate, double beta) {
  return (2 + 2 * beta) / ((1 + 2 * beta) * rate);
}

/// m <- beta m + (1 - beta) g;  w <- w - rate m / P
constexpr double averaged_threshold(double rate, double beta) {
  return (2 + 2 * beta) / ((1 - beta) * rate);
}

/// m <- beta m + (1 - beta) g;  w <- w - rate (beta m + (1 - beta) g) / P
constexpr double averaged_nesterov_threshold(double rate, double beta) {
  return (2 + 2 * beta) / ((1 - beta) * (1 + 2 * beta) * rate);
}

}  // namespace timetrial
