#pragma once
// Means of squares over the rows and the columns of matrices, in one trip through memory on a CPU.

#include <ATen/core/Tensor.h>

namespace timetrial::optim {

struct MeanSquares {
  at::Tensor rows;     ///< [..., R]: of each row's C elements
  at::Tensor columns;  ///< [..., C]: of each column's R
};

/// Of a tensor [..., R, C] with at least one element, in float32, or in float64 if it is. The same
/// bits for any number of threads.
MeanSquares mean_squares(const at::Tensor& matrices);

}  // namespace timetrial::optim
