#pragma once
// The update rules, one element at a time: the only place where their arithmetic stands. The same
// text is compiled for one float of a GPU's thread and for the vectors of a processor.
//
// A rule is a value with
//
//   kStreams   how many lists of tensors it goes over; x[0] is usually the weight
//   kWritten   which of them it changes, one bit each
//   kScalars   how many numbers it is given for each tensor; none if absent
//   kSums      how many sums over each tensor it returns; none if absent
//   kMinima    the same for minima; no rule has both
//   kSpread    true: tensors are matrices, or stacks of them, and the last two streams are one
//   number
//              for each row and one for each column, spread over the matrix; false if absent
//   operator() the arithmetic: T is float or double, V one T or a vector of them
//
// Sources: the declarations in <timetrial/update_rules.h>.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <tuple>
#include <type_traits>

#ifdef __CUDACC__
#define TIMETRIAL_BOTH __host__ __device__
#else
#define TIMETRIAL_BOTH
#endif

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

/// Scalar: what the second stream is multiplied with before it is added to `keep` times the first.
struct AddScaledRule {
  static constexpr int kStreams = 2, kScalars = 1;
  static constexpr unsigned kWritten = 0b01;
  double keep = 1;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* scalar, V* /*sums*/) const {
    x[0] = T(keep) * x[0] + scalar[0] * x[1];
  }
};

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

/// Scalar: what the stream is multiplied with.
struct ScaleRule {
  static constexpr int kStreams = 1, kScalars = 1;
  static constexpr unsigned kWritten = 1;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* scalar, V* /*sums*/) const {
    x[0] = scalar[0] * x[0];
  }
};

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

struct SquareSumRule {
  static constexpr int kStreams = 1, kSums = 1;
  static constexpr unsigned kWritten = 0;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* /*scalar*/, V* sums) const {
    sums[0] = sums[0] + x[0] * x[0];
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

/// All of them: what is compiled for each instruction set.
using Rules =
    std::tuple<AdamRule<false>, AdamRule<true>, LionRule, MomentumRule<false>, MomentumRule<true>,
               AdagradRule, RmsPropRule, RmsPropMomentumRule, ScheduleFreeRule, LambRule,
               AddScaledRule, ScaleRule, SquareSumRule, ClippyAdagradRule<false>,
               ClippyAdagradRule<true>, ClippySumRule, ClippyAdamRule, SophiaRule,
               ProdigyMomentsRule, ProdigyStepRule, FactoredStepRule, WholeStepRule, MeanStepRule>;

constexpr int kMostStreams = 6, kMostScalars = 2, kMostSums = 2;

template <class Rule>
constexpr int scalars_of() {
  if constexpr (requires { Rule::kScalars; }) return Rule::kScalars;
  return 0;
}

template <class Rule>
constexpr bool is_spread() {
  if constexpr (requires { Rule::kSpread; }) return Rule::kSpread;
  return false;
}

template <class Rule>
constexpr bool has_minima() {
  return requires { Rule::kMinima; };
}

/// How many sums or minima.
template <class Rule>
constexpr int sums_of() {
  if constexpr (has_minima<Rule>()) {
    return Rule::kMinima;
  } else if constexpr (requires { Rule::kSums; }) {
    return Rule::kSums;
  } else {
    return 0;
  }
}

/// The place of a rule in Rules.
template <class Rule, std::size_t at = 0>
constexpr std::size_t place_of() {
  if constexpr (std::is_same_v<Rule, std::tuple_element_t<at, Rules>>) {
    return at;
  } else {
    return place_of<Rule, at + 1>();
  }
}

}  // namespace timetrial::optim
