#pragma once
// Rules of one state or two that keep no count: momentum, signs, sums and means of squares. What a
// rule is: rules.h

#include <cmath>

#include "optim/host_and_device.h"

namespace timetrial::optim {

struct LionRule {
  static constexpr int kStreams = 3;
  static constexpr unsigned kWritten = 0b101;
  double keep, rate, beta1, beta2;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* /*scalar*/, V* /*sums*/) const {
    V &w = x[0], &g = x[1], &m = x[2];
    w = T(keep) * w - T(rate) * sign(V(T(beta1) * m + T(1 - beta1) * g));
    m = T(beta2) * m + T(1 - beta2) * g;
  }
};

template <bool nesterov>
struct MomentumRule {
  static constexpr int kStreams = 3;
  static constexpr unsigned kWritten = 0b101;
  double rate, momentum, weight_decay;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* /*scalar*/, V* /*sums*/) const {
    V &w = x[0], &m = x[2];
    const V g = x[1] + T(weight_decay) * w;
    m = T(momentum) * m + g;
    w = w - T(rate) * (nesterov ? V(g + T(momentum) * m) : m);
  }
};

struct AdagradRule {
  static constexpr int kStreams = 3;
  static constexpr unsigned kWritten = 0b101;
  double rate, epsilon, weight_decay;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* /*scalar*/, V* /*sums*/) const {
    using std::sqrt;
    V &w = x[0], &sum = x[2];
    const V g = x[1] + T(weight_decay) * w;
    sum = sum + g * g;
    w = w - T(rate) * g / (sqrt(sum) + T(epsilon));
  }
};

struct RmsPropRule {
  static constexpr int kStreams = 3;
  static constexpr unsigned kWritten = 0b101;
  double rate, alpha, epsilon, weight_decay;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* /*scalar*/, V* /*sums*/) const {
    using std::sqrt;
    V &w = x[0], &square = x[2];
    const V g = x[1] + T(weight_decay) * w;
    square = T(alpha) * square + T(1 - alpha) * (g * g);
    w = w - T(rate) * g / (sqrt(square) + T(epsilon));
  }
};

struct RmsPropMomentumRule {
  static constexpr int kStreams = 4;
  static constexpr unsigned kWritten = 0b1101;
  double rate, alpha, epsilon, weight_decay, momentum;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* /*scalar*/, V* /*sums*/) const {
    using std::sqrt;
    V &w = x[0], &square = x[2], &m = x[3];
    const V g = x[1] + T(weight_decay) * w;
    square = T(alpha) * square + T(1 - alpha) * (g * g);
    m = T(momentum) * m + g / (sqrt(square) + T(epsilon));
    w = w - T(rate) * m;
  }
};

}  // namespace timetrial::optim
