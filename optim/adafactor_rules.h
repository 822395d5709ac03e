#pragma once
// Adafactor's rules, in two halves: the step, then its mean. What a rule is: rules.h

#include <cmath>

#include "optim/host_and_device.h"

namespace timetrial::optim {

/// Adafactor of a matrix, first half: the gradient becomes the step before its length is known.
/// Streams gradient, 1 / root of a row's moment, of a column's. Sum: squares of that step.
struct FactoredStepRule {
  static constexpr int kStreams = 3, kSums = 1;
  static constexpr unsigned kWritten = 0b001;
  static constexpr bool kSpread = true;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* /*scalar*/, V* sums) const {
    x[0] = x[0] * x[1] * x[2];
    sums[0] = sums[0] + x[0] * x[0];
  }
};

/// The same of a vector. Streams gradient, its second moment.
struct WholeStepRule {
  static constexpr int kStreams = 2, kSums = 1;
  static constexpr unsigned kWritten = 0b11;
  double past, floor;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* /*scalar*/, V* sums) const {
    using std::sqrt;
    V &g = x[0], &v = x[1];
    v = T(past) * v + T(1 - past) * (g * g + T(floor));
    g = g / sqrt(v);
    sums[0] = sums[0] + g * g;
  }
};

/// Adafactor's second half. Streams weight, step, its mean. Scalar: what the step is multiplied
/// with.
struct MeanStepRule {
  static constexpr int kStreams = 3, kScalars = 1;
  static constexpr unsigned kWritten = 0b101;
  double keep, beta1;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* scalar, V* /*sums*/) const {
    V &w = x[0], &m = x[2];
    m = T(beta1) * m + T(1 - beta1) * (scalar[0] * x[1]);
    w = T(keep) * w - m;
  }
};

}  // namespace timetrial::optim
