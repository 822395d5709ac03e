#pragma once
// Every update rule beside its formula, which is written with one operation of LibTorch's after the
// other.

#include "tests/optim/tensor_lists.h"

#include <cstdint>
#include <functional>

namespace timetrial::optim_tests {

/// What a rule does to all tensors, and to one in the words of its formula.
struct Rule {
  std::string name;
  std::size_t streams;
  std::function<void(Lists& lists)> update;
  std::function<void(std::vector<at::Tensor>& x, std::int64_t count)> formula;
};

std::vector<Rule> adam_rules();
/// Lion, momentum, Nesterov's, sums.
std::vector<Rule> momentum_rules();
std::vector<Rule> clippy_rules();
/// Their states are sums of squares, so they begin at what is not below zero.
std::vector<Rule> root_rules();

}  // namespace timetrial::optim_tests
