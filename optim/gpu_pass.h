#pragma once
// A pass on an NVIDIA GPU.

#include <vector>

#include "optim/pass.h"
#include "optim/pieces.h"

namespace timetrial::optim {

/// Queues the rule on the current stream of the tensors' device; waits for it only where the rule
/// has sums. `sums` [pieces x sums] in the order of Pieces. Throws std::runtime_error where CUDA
/// does, or where this library was built without it.
void run_on_gpu(const RuleFacts& facts, const void* rule, const std::vector<Row>& rows,
                const Pieces& pieces, const std::vector<double>& scalars,
                std::vector<double>& sums);

}  // namespace timetrial::optim
