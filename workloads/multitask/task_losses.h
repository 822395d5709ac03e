#pragma once
// The loss of a batch from the losses of its tasks (Loss::per_task): the mean of the tasks' where
// every example has labels of all, the mean of the examples' where each has labels of one.

#include "workloads/multitask/task.h"

#include <timetrial/batch.h>
#include <timetrial/training.h>

#include <vector>

namespace timetrial::multitask {

/// Every example has labels of all tasks: targets [B, tasks] (of one task with several outputs
/// [B, outputs]); weights [B]. `per_example` is the mean over the tasks, times the weight. Throws
/// std::invalid_argument unless there is an output for each task.
Loss loss_of_all(const std::vector<Task>& tasks, const ModelOutput& output, const Batch& batch,
                 double label_smoothing);

/// Every example has labels of one task, that batch.at("tasks") names: output k has the rows of the
/// batch that are of task k, in their order; targets [B, ..], weights [B].
Loss loss_of_each(const std::vector<Task>& tasks, const ModelOutput& output, const Batch& batch,
                  double label_smoothing);

/// The rows of a batch that are of each of `count` tasks, int64, in order, on the batch's device;
/// undefined where there are none. Throws std::invalid_argument for a task that is not in
/// [0, count).
std::vector<at::Tensor> rows_of_tasks(const at::Tensor& tasks, std::int64_t count);

/// The examples of one task in a batch.
struct Part {
  at::Tensor rows;     ///< of the batch, int64 [n]; undefined: none
  at::Tensor values;   ///< losses [n, ..]
  at::Tensor weights;  ///< of the same shape, 0 for padding
};

/// A batch of `examples` rows that are each of one task, part k of task k. `per_example` has the
/// values times the weights in the rows' order, `valid_examples` is the sum of the weights.
Loss loss_of_parts(const std::vector<Part>& parts, std::int64_t examples);

/// For models that the tasks share whole: `loss` with the losses of the tasks. Its values [B, ..]
/// are already 0 where `valid`, of the same shape, is 0; tasks int64 [B].
Loss with_task_losses(Loss loss, const at::Tensor& valid, const at::Tensor& tasks,
                      std::size_t count);

}  // namespace timetrial::multitask
