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
//   kSpread    true: tensors are stacks of matrices, and the last two streams a number for each row
//              and one for each column, spread over the matrix; false if absent
//   operator() the arithmetic: T is float or double, V one T or a vector of them
//
// Sources: the declarations in <timetrial/update_rules.h>.

#include <cstddef>
#include <tuple>
#include <type_traits>

#include "optim/adafactor_rules.h"
#include "optim/adam_rules.h"
#include "optim/clippy_rules.h"
#include "optim/host_and_device.h"
#include "optim/momentum_rules.h"

namespace timetrial::optim {

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

/// Scalar: what the stream is multiplied with.
struct ScaleRule {
  static constexpr int kStreams = 1, kScalars = 1;
  static constexpr unsigned kWritten = 1;

  template <class T, class V>
  TIMETRIAL_BOTH void operator()(V* x, const T* scalar, V* /*sums*/) const {
    x[0] = scalar[0] * x[0];
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
