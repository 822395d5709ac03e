#pragma once
// Clippy's rules, in two halves: the step and its bound, then the step within it. What a rule is:
// rules.h

#include <algorithm>
#include <cmath>

#include "optim/host_and_device.h"

namespace timetrial::optim {

/// Clippy over Adagrad, first half: the gradient becomes the step before its factor. Minimum:
/// allowed / wanted. `published`: the root is of the sum before this gradient, epsilon inside it.
template <bool published>
struct ClippyAdagradRule {
  static constexpr int kStreams = 3, kMinima = 1;
  static constexpr unsigned kWritten = 0b110;
  double rate, epsilon, weight_decay, relative, absolute, by_root;
  double added;  ///< 1; 0 where the sum gets its gradient in the second half

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* /*scalar*/, V* minima) const {
    using std::abs;
    using std::min;
    using std::sqrt;
    V &w = x[0], &g = x[1], &sum = x[2];
    g = g + T(weight_decay) * w;
    const V before = sum;
    sum = sum + T(added) * (g * g);
    const V root = published ? V(sqrt(V(before + T(epsilon)))) : V(sqrt(sum) + T(epsilon));
    g = T(rate) * g / root;
    const V allowed = T(relative) * abs(w) + T(absolute) + T(by_root) / root;
    minima[0] = min(minima[0], V(allowed / abs(g)));
  }
};

/// Second half of the published form with a clipped sum. Scalar: the factor.
struct ClippySumRule {
  static constexpr int kStreams = 3, kScalars = 1;
  static constexpr unsigned kWritten = 0b101;
  double epsilon;
  double inverse_rate;  ///< 0 for a rate of 0

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* scalar, V* /*sums*/) const {
    using std::sqrt;
    V &w = x[0], &sum = x[2];
    const V step = scalar[0] * x[1];
    const V g = step * sqrt(V(sum + T(epsilon))) * T(inverse_rate);
    sum = sum + g * g;
    w = w - step;
  }
};

/// Clippy over Adam, first half. Scalars as AdamRule's; minimum as ClippyAdagradRule's.
struct ClippyAdamRule {
  static constexpr int kStreams = 4, kScalars = 2, kMinima = 1;
  static constexpr unsigned kWritten = 0b1110;
  double beta1, beta2, epsilon, relative, absolute;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* scalar, V* minima) const {
    using std::abs;
    using std::min;
    using std::sqrt;
    V &w = x[0], &g = x[1], &m = x[2], &v = x[3];
    m = m + T(1 - beta1) * (g - m);
    v = T(beta2) * v + T(1 - beta2) * (g * g);
    g = scalar[0] * m / (sqrt(v) * scalar[1] + T(epsilon));
    minima[0] = min(minima[0], V((T(relative) * abs(w) + T(absolute)) / abs(g)));
  }
};

}  // namespace timetrial::optim
