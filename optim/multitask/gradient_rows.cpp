#include "optim/multitask/gradient_rows.h"

#include <timetrial/task_wrapper.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

namespace timetrial::multitask {
namespace detail {
namespace {

/// Bytes of rows that may be held at once whatever the model's size: little beside a batch's
/// activations, and most small models' rows fit, so that one slice does.
constexpr std::int64_t kSmallRows = std::int64_t{64} << 20;
/// Elements of each row that are widened to double at once: 8 MiB of doubles per task.
constexpr std::int64_t kPiece = std::int64_t{1} << 20;

std::int64_t bytes(const std::vector<Parameter>& parameters) {
  std::int64_t sum = 0;
  for (const auto& parameter : parameters)
    sum += static_cast<std::int64_t>(parameter.tensor.nbytes());
  return sum;
}

at::Tensor no_products(std::size_t tasks, c10::Device device) {
  const auto size = static_cast<std::int64_t>(tasks);
  return at::zeros({size, size}, at::TensorOptions(at::kDouble).device(device));
}

}  // namespace

std::vector<std::size_t> slice_ends(const std::vector<Parameter>& parameters, std::size_t tasks,
                                    std::int64_t slices) {
  const std::int64_t model = bytes(parameters);
  const std::int64_t rows = model * static_cast<std::int64_t>(tasks);
  const std::int64_t limit = std::max(model, kSmallRows);
  const auto count = slices > 0 ? slices : std::max<std::int64_t>(1, (rows + limit - 1) / limit);
  const std::int64_t share = (model + count - 1) / count;
  std::vector<std::size_t> ends;
  std::int64_t size = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto more = static_cast<std::int64_t>(parameters[i].tensor.nbytes());
    if (size > 0 && size + more > share) {
      ends.push_back(i);
      size = 0;
    }
    size += more;
  }
  ends.push_back(parameters.size());
  return ends;
}

at::Tensor products_of(const std::vector<at::Tensor>& rows) {
  at::Tensor sum = no_products(rows.size(), rows.front().device());
  std::vector<at::Tensor> flat;
  for (const auto& row : rows) flat.push_back(row.reshape({-1}));
  for (std::int64_t begin = 0; begin < flat.front().numel(); begin += kPiece) {
    const std::int64_t length = std::min(kPiece, flat.front().numel() - begin);
    std::vector<at::Tensor> pieces;
    for (const auto& row : flat) pieces.push_back(row.narrow(0, begin, length).to(at::kDouble));
    const at::Tensor matrix = at::stack(pieces);
    sum.add_(at::mm(matrix, matrix.t()));
  }
  return sum;
}

std::vector<at::Tensor> column(const std::vector<std::vector<at::Tensor>>& rows, std::size_t p) {
  const auto some =
      std::find_if(rows.begin(), rows.end(), [p](const auto& row) { return row[p].defined(); });
  std::vector<at::Tensor> gradients;
  if (some == rows.end()) return gradients;
  for (const auto& row : rows) {
    gradients.push_back(row[p].defined() ? row[p] : at::zeros_like((*some)[p]));
  }
  return gradients;
}

}  // namespace detail

Gram inner_products(const std::vector<at::Tensor>& gradients) {
  const at::NoGradGuard no_grad;
  const at::Tensor values = detail::products_of(gradients).cpu();
  Gram result(gradients.size());
  for (std::size_t i = 0; i < result.tasks(); ++i) {
    for (std::size_t j = 0; j < result.tasks(); ++j) {
      result(i, j) = values.const_data_ptr<double>()[i * result.tasks() + j];
    }
  }
  return result;
}

}  // namespace timetrial::multitask
