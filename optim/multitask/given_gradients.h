#pragma once
// A scalar whose gradients are given.

#include <ATen/core/Tensor.h>

#include <vector>

namespace timetrial::multitask::detail {

/// `value` (a scalar without a graph), whose backward pass gives parameter i gradients[i]. Where
/// that is undefined, parameter i is not reached. Second derivatives are zero.
at::Tensor with_given_gradients(const at::Tensor& value, const std::vector<at::Tensor>& parameters,
                                const std::vector<at::Tensor>& gradients);

}  // namespace timetrial::multitask::detail
