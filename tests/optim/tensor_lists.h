#pragma once
// Lists of tensors as update rules take them, with every kind of tensor in them.

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <string>
#include <vector>

namespace timetrial::optim_tests {

using Lists = std::vector<std::vector<at::Tensor>>;

/// One stream for all kinds of tensors; `stream` makes the values differ.
std::vector<at::Tensor> all_kinds(double stream);

/// Weights and gradients of both signs; states as they come, none below zero from the third on.
Lists make_lists(std::size_t streams);

Lists copies(const Lists& lists, bool in_double);

/// Equal up to the rounding of each tensor's type, of which `expected` is in double precision.
void expect_close(const Lists& found, const Lists& expected, const std::string& rule);

/// Empty where cuda:0 can be used.
const std::string& why_no_gpu();

}  // namespace timetrial::optim_tests
