#include "optim/mean_squares.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "optim/cpu_loops.h"
#include "optim/pieces.h"

namespace timetrial::optim {
namespace {

constexpr std::int64_t kFewestRows = 16;  // of a block, so that sums of columns stay few

/// Of x [N, R, C], contiguous.
MeanSquares on_cpu(const at::Tensor& x) {
  const std::int64_t count = x.size(0), height = x.size(1), width = x.size(2);
  const std::int64_t rows_each = std::min(height, std::max(kFewestRows, kPiece / width));
  const std::int64_t blocks = (height + rows_each - 1) / rows_each;
  const at::Tensor rows = at::empty({count, height}, x.options());
  const at::Tensor columns = at::zeros({count, blocks, width}, x.options());
  const bool in_float = x.scalar_type() == at::kFloat;
  const auto squares = in_float ? best_loops().squares_in_float : best_loops().squares_in_double;
  const std::int64_t bytes = x.element_size();
  const auto* values = static_cast<const std::byte*>(x.const_data_ptr());
  auto *by_row = static_cast<std::byte*>(rows.mutable_data_ptr()),
       *by_column = static_cast<std::byte*>(columns.mutable_data_ptr());
  const std::int64_t grain = std::max<std::int64_t>(1, kPiece / (rows_each * width));
  at::parallel_for(0, count * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      const std::int64_t first = k % blocks * rows_each, row = k / blocks * height + first;
      squares(values + row * width * bytes, std::min(rows_each, height - first), width,
              by_row + row * bytes, by_column + k * width * bytes);
    }
  });
  return {rows.div_(static_cast<double>(width)), columns.sum(1).div_(static_cast<double>(height))};
}

}  // namespace

MeanSquares mean_squares(const at::Tensor& matrices) {
  auto sizes = matrices.sizes().vec();
  const auto [height, width] = matrices_of(matrices);
  const at::Tensor x = matrices.to(matrices.scalar_type() == at::kDouble ? at::kDouble : at::kFloat)
                           .reshape({-1, height, width})
                           .contiguous();
  MeanSquares result;
  if (x.is_cpu()) {
    result = on_cpu(x);
  } else {
    result.rows = at::linalg_vector_norm(x, 2, {2}).square_().div_(static_cast<double>(width));
    result.columns = at::linalg_vector_norm(x, 2, {1}).square_().div_(static_cast<double>(height));
  }
  sizes.pop_back();
  result.rows = result.rows.view(sizes);
  sizes.back() = width;
  result.columns = result.columns.view(sizes);
  return result;
}

}  // namespace timetrial::optim
