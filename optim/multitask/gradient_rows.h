#pragma once
// Rows of gradients, one for each task with a tensor for each parameter, and their inner products.

#include <timetrial/parameter.h>

#include <cstdint>
#include <vector>

namespace timetrial::multitask::detail {

using Rows = std::vector<std::vector<at::Tensor>>;

/// Ends of consecutive slices of the parameters, whose rows are about equally large. `slices` 0: as
/// few as keep the rows that are held at once within the larger of one copy of the model and 64
/// MiB.
std::vector<std::size_t> slice_ends(const std::vector<Parameter>& parameters, std::size_t tasks,
                                    std::int64_t slices);

/// Inner products [K, K] of K gradients of one parameter, in double: of pieces of a size that the
/// parameter alone decides, so that they have the same bits in any slices.
at::Tensor products_of(const std::vector<at::Tensor>& gradients);

/// One parameter's gradients, zeros where a task has none. Empty where no task has one.
std::vector<at::Tensor> column(const Rows& rows, std::size_t parameter);

}  // namespace timetrial::multitask::detail
