#pragma once
// What the graph of a loss says of the parameters, without their names or order and without a
// backward pass.

#include <ATen/core/Tensor.h>
#include <timetrial/parameter.h>

#include <cstddef>
#include <vector>

namespace timetrial::multitask::detail {

/// The places of the parameters that are in a tensor's graph, rising.
std::vector<std::size_t> places_below(const at::Tensor& tensor,
                                      const std::vector<Parameter>& parameters);

/// Of the parameters at `places`, at least one, that whose first use in the forward pass was last:
/// a matrix if there is one among them.
std::size_t last_of(const std::vector<at::Tensor>& losses, const std::vector<Parameter>& parameters,
                    const std::vector<std::size_t>& places);

}  // namespace timetrial::multitask::detail
