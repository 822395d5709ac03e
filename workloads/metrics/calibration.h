#pragma once
// How far a classifier's confidence can be taken at its word.
//
//   ECE     expected calibration error: the examples in 15 bins of equal width by the largest
//           probability; sum over bins of (examples in it / all) * |accuracy - mean confidence|
//   NLL     mean negative log-likelihood of the label, nats
//   Brier   mean over examples of the sum over classes of (probability - 1 for the label)^2
//
// Source  Guo et al. 2017, "On Calibration of Modern Neural Networks" (arXiv 1706.04599), sections
// 2
//         and 4.2 (temperature scaling); Brier 1950
//
// logits are floating point [N, classes], labels int64 [N] in [0, classes), N >= 1, both on the
// CPU: std::invalid_argument otherwise. Computed in double.

#include <ATen/core/Tensor.h>

namespace timetrial::metrics {

inline constexpr int kCalibrationBins = 15;

struct Calibration {
  double ece = 0, nll = 0, brier = 0, accuracy = 0;
};

/// Of the softmax of logits / temperature. Throws std::invalid_argument unless temperature > 0.
Calibration calibration(const at::Tensor& logits, const at::Tensor& labels, double temperature = 1);

/// The temperature in [1/64, 64] with the smallest NLL, to a relative precision of 1e-6. NLL is
/// convex in its reciprocal.
double fit_temperature(const at::Tensor& logits, const at::Tensor& labels);

/// ECE of predictions that are given by their confidence in [0, 1], float64 [N], and by whether
/// they were right, bool [N].
double expected_calibration_error(const at::Tensor& confidence, const at::Tensor& right,
                                  int bins = kCalibrationBins);

}  // namespace timetrial::metrics
