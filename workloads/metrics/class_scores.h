#pragma once
// What the metrics of classifiers that see all examples at once are given.

#include <ATen/core/Tensor.h>

namespace timetrial::metrics {

/// Throws std::invalid_argument unless logits are floating point [N, classes], N >= 1, and labels
/// int64 [N] in [0, classes), both on the CPU.
void require_scores(const at::Tensor& logits, const at::Tensor& labels);

}  // namespace timetrial::metrics
