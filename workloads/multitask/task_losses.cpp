#include "workloads/multitask/task_losses.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <stdexcept>
#include <string>

namespace timetrial::multitask {
namespace {

void require_outputs(const std::vector<Task>& tasks, const ModelOutput& output) {
  if (output.task_outputs.size() == tasks.size()) return;
  throw std::invalid_argument("the loss of " + std::to_string(tasks.size()) + " tasks was given " +
                              std::to_string(output.task_outputs.size()) +
                              " task_outputs; pass on what forward() returned");
}

at::Tensor sum_of(const std::vector<at::Tensor>& scalars) {
  at::Tensor sum;
  for (const at::Tensor& scalar : scalars) sum = sum.defined() ? sum + scalar : scalar;
  return sum;
}

}  // namespace

Loss loss_of_all(const std::vector<Task>& tasks, const ModelOutput& output, const Batch& batch,
                 double label_smoothing) {
  require_outputs(tasks, output);
  const at::Tensor &targets = batch.targets(), &weights = batch.weights();
  Loss loss;
  loss.valid_examples = weights.sum();
  std::vector<at::Tensor> values, sums;
  for (std::size_t k = 0; k < tasks.size(); ++k) {
    const at::Tensor target =
        tasks.size() == 1 ? targets : targets.select(1, static_cast<std::int64_t>(k));
    values.push_back(
        example_losses(tasks[k], output.task_outputs[k], target, label_smoothing).mul(weights));
    sums.push_back(values.back().sum());
    loss.per_task.push_back(sums.back().div(loss.valid_examples));
  }
  const auto count = static_cast<double>(tasks.size());
  loss.per_example = sum_of(values).div(count);
  loss.summed = sum_of(sums).div(count);
  return loss;
}

Loss loss_of_each(const std::vector<Task>& tasks, const ModelOutput& output, const Batch& batch,
                  double label_smoothing) {
  require_outputs(tasks, output);
  const auto rows = rows_of_tasks(batch.at("tasks"), static_cast<std::int64_t>(tasks.size()));
  std::vector<Part> parts(tasks.size());
  for (std::size_t k = 0; k < tasks.size(); ++k) {
    if (!rows[k].defined()) continue;
    parts[k] = {rows[k],
                example_losses(tasks[k], output.task_outputs[k],
                               batch.targets().index_select(0, rows[k]), label_smoothing),
                batch.weights().index_select(0, rows[k])};
  }
  return loss_of_parts(parts, batch.size());
}

std::vector<at::Tensor> rows_of_tasks(const at::Tensor& tasks, std::int64_t count) {
  const at::Tensor on_cpu = tasks.cpu().contiguous();
  const std::int64_t* task = on_cpu.const_data_ptr<std::int64_t>();
  std::vector<std::vector<std::int64_t>> rows(static_cast<std::size_t>(count));
  for (std::int64_t row = 0; row < on_cpu.numel(); ++row) {
    if (task[row] < 0 || task[row] >= count) {
      throw std::invalid_argument("an example is of task " + std::to_string(task[row]) +
                                  ", expected one in [0, " + std::to_string(count) + ")");
    }
    rows[static_cast<std::size_t>(task[row])].push_back(row);
  }
  std::vector<at::Tensor> tensors(rows.size());
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (!rows[k].empty()) tensors[k] = at::tensor(rows[k]).to(tasks.device());
  }
  return tensors;
}

Loss loss_of_parts(const std::vector<Part>& parts, std::int64_t examples) {
  Loss loss;
  std::vector<at::Tensor> rows, values, sums, valid;
  for (const Part& part : parts) {
    loss.per_task.emplace_back();
    if (!part.rows.defined()) continue;
    rows.push_back(part.rows);
    values.push_back(part.values.mul(part.weights));
    sums.push_back(values.back().sum());
    valid.push_back(part.weights.sum());
    if (valid.back().item<double>() == 0) continue;  // all of it padding
    loss.per_task.back() = sums.back().div(valid.back());
  }
  if (rows.empty()) throw std::invalid_argument("a batch without examples has no loss");
  const at::Tensor joined = at::cat(values);
  auto shape = joined.sizes().vec();
  shape.front() = examples;
  loss.per_example = at::zeros(shape, joined.options()).index_copy(0, at::cat(rows), joined);
  loss.summed = sum_of(sums);
  loss.valid_examples = sum_of(valid);
  return loss;
}

Loss with_task_losses(Loss loss, const at::Tensor& valid, const at::Tensor& tasks,
                      std::size_t count) {
  loss.per_task.clear();
  for (const at::Tensor& rows : rows_of_tasks(tasks, static_cast<std::int64_t>(count))) {
    loss.per_task.emplace_back();
    if (!rows.defined()) continue;
    const at::Tensor divisor = valid.index_select(0, rows).sum();
    if (divisor.item<double>() == 0) continue;  // all of it padding
    loss.per_task.back() = loss.per_example.index_select(0, rows).sum().div(divisor);
  }
  return loss;
}

}  // namespace timetrial::multitask
