#pragma once
// One pass of a rule over lists of tensors: one trip through memory, on all threads of LibTorch.
//
//   pass(AddScaledRule{}, {weights, steps}, /*scalars=*/{-0.1, -0.2});
//
// The lists are parallel: tensor i of each has the same number of elements. Any floating type and
// layout will do; float and double that lie densely in the same order in all streams are
// worked on in place, anything else through a copy in float. Sums are taken over pieces that
// depend on the tensors alone, so they have the same bits for any number of threads.
//
// Where a rule spreads rows and columns, the tensors of the other lists have at least two
// dimensions
// [..., height, width]; those of the last two lists have [..., height] and [..., width].

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <initializer_list>
#include <vector>

#include "optim/rules.h"

namespace timetrial::optim {

/// What of a rule's type the driver has to know.
struct RuleFacts {
  std::size_t place;  ///< in Rules
  int streams, scalars, sums;
  unsigned written;
  bool minima, spread;
};

template <class Rule>
constexpr RuleFacts facts_of() {
  return {place_of<Rule>(), Rule::kStreams,     scalars_of<Rule>(), sums_of<Rule>(),
          Rule::kWritten,   has_minima<Rule>(), is_spread<Rule>()};
}

/// `scalars` [tensors x scalars]; the result is [tensors x sums]. Throws std::invalid_argument
/// naming list and place where lists differ in length, elements or device, or a tensor is of no
/// floating type. Call under at::NoGradGuard.
std::vector<double> pass(const RuleFacts& facts, const void* rule,
                         const std::vector<at::TensorList>& streams,
                         const std::vector<double>& scalars);

template <class Rule>
std::vector<double> pass(const Rule& rule, const std::vector<at::TensorList>& streams,
                         const std::vector<double>& scalars = {}) {
  return pass(facts_of<Rule>(), &rule, streams, scalars);
}

}  // namespace timetrial::optim
