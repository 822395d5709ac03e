#pragma once
// The rules of Adam and its relatives. What a rule is: rules.h

#include <algorithm>
#include <cmath>

#include "optim/host_and_device.h"

namespace timetrial::optim {

/// Scalars: rate / (1 - beta1^count), 1 / sqrt(1 - beta2^count). `nesterov`: NAdamW.
template <bool nesterov>
struct AdamRule {
  static constexpr int kStreams = 4, kScalars = 2;
  static constexpr unsigned kWritten = 0b1101;
  double keep, beta1, beta2, epsilon;  ///< keep: 1 - rate * weight_decay

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* scalar, V* /*sums*/) const {
    using std::sqrt;
    V &w = x[0], &g = x[1], &m = x[2], &v = x[3];
    m = m + T(1 - beta1) * (g - m);
    v = T(beta2) * v + T(1 - beta2) * (g * g);
    const V numerator = nesterov ? V(m + T(1 - beta1) * (g - m)) : m;
    w = T(keep) * w - scalar[0] * numerator / (sqrt(v) * scalar[1] + T(epsilon));
  }
};

/// Streams y, gradient, z, second moment.
struct ScheduleFreeRule {
  static constexpr int kStreams = 4;
  static constexpr unsigned kWritten = 0b1101;
  double rate, beta2, epsilon, weight_decay;
  double correction;  ///< 1 / (1 - beta2^count)
  double share;       ///< of z in the average
  double y_rate;      ///< rate * (1 - beta1 * (1 - share))

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* /*scalar*/, V* /*sums*/) const {
    using std::sqrt;
    V &y = x[0], &g = x[1], &z = x[2], &v = x[3];
    v = T(beta2) * v + T(1 - beta2) * (g * g);
    const V direction = g / (sqrt(V(v * T(correction))) + T(epsilon)) + T(weight_decay) * y;
    y = y + T(share) * (z - y) - T(y_rate) * direction;
    z = z - T(rate) * direction;
  }
};

/// LAMB's first half: the gradient becomes the step before its trust ratio. Scalars: 1 / (1 -
/// beta1^count), 1 / sqrt(1 - beta2^count). Sums: squares of weights and of that step.
struct LambRule {
  static constexpr int kStreams = 4, kScalars = 2, kSums = 2;
  static constexpr unsigned kWritten = 0b1110;
  double beta1, beta2, epsilon, weight_decay;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* scalar, V* sums) const {
    using std::sqrt;
    V &w = x[0], &g = x[1], &m = x[2], &v = x[3];
    m = T(beta1) * m + T(1 - beta1) * g;
    v = T(beta2) * v + T(1 - beta2) * (g * g);
    g = m * scalar[0] / (sqrt(v) * scalar[1] + T(epsilon)) + T(weight_decay) * w;
    sums[0] = sums[0] + w * w;
    sums[1] = sums[1] + g * g;
  }
};

/// Streams weight, gradient, its mean, curvature.
struct SophiaRule {
  static constexpr int kStreams = 4;
  static constexpr unsigned kWritten = 0b0101;
  double keep, rate, beta1, rho, epsilon;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* /*scalar*/, V* /*sums*/) const {
    using std::max;
    using std::min;
    V &w = x[0], &g = x[1], &m = x[2], &h = x[3];
    m = m + T(1 - beta1) * (g - m);
    const V ratio = m / (T(rho) * max(h, V(T(0))) + T(epsilon));
    w = T(keep) * w - T(rate) * max(min(ratio, V(T(1))), V(T(-1)));
  }
};

/// Streams weight, gradient, first and second moment, sum of gradients, first weight. Sums:
/// gradient times way back to the first weight; absolute sums of gradients.
struct ProdigyMomentsRule {
  static constexpr int kStreams = 6, kSums = 2;
  static constexpr unsigned kWritten = 0b11100;
  double beta1, beta2, beta3, distance, scale;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* /*scalar*/, V* sums) const {
    using std::abs;
    V &w = x[0], &g = x[1], &m = x[2], &v = x[3], &s = x[4], &start = x[5];
    m = T(beta1) * m + T(distance * (1 - beta1)) * g;
    v = T(beta2) * v + T(distance * distance * (1 - beta2)) * (g * g);
    s = T(beta3) * s + T(scale) * g;
    sums[0] = sums[0] + g * (start - w);
    sums[1] = sums[1] + abs(s);
  }
};

/// Streams weight, first and second moment.
struct ProdigyStepRule {
  static constexpr int kStreams = 3;
  static constexpr unsigned kWritten = 0b001;
  double keep, rate, epsilon;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* /*scalar*/, V* /*sums*/) const {
    using std::sqrt;
    x[0] = T(keep) * x[0] - T(rate) * x[1] / (sqrt(x[2]) + T(epsilon));
  }
};

}  // namespace timetrial::optim
