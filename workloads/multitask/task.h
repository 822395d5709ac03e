#pragma once
// One of the tasks that a workload trains together: what its outputs mean, its loss, its metrics.
//
//   kind        outputs [B, n], targets                    loss of an example            metrics
//   regression  n values; float32 [B], [B, n] for n > 1    squared error, mean over n    loss
//   binary      1 logit; 0 or 1, float32 [B]               sigmoid cross-entropy, nats   loss, auc
//   classes     n logits; int64 [B]                        softmax cross-entropy, nats   loss,
//                                                                                        accuracy

#include "workloads/workload.h"

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

namespace timetrial::multitask {

enum class TaskKind { regression, binary, classes };

struct Task {
  std::string name;
  TaskKind kind = TaskKind::regression;
  std::int64_t outputs = 1;
  std::string metric = "loss";  ///< that the task is judged by; all but "loss" are better higher
};

Task regression(const std::string& name, std::int64_t outputs = 1);
/// Judged by its auc.
Task binary(const std::string& name);
/// Judged by its accuracy.
Task classes(const std::string& name, std::int64_t count);

std::vector<workloads::TaskFacts> facts_of(const std::vector<Task>& tasks);

/// [B]: the loss of each example. Label smoothing is for classes alone.
at::Tensor example_losses(const Task& task, const at::Tensor& outputs, const at::Tensor& targets,
                          double label_smoothing);

/// The metrics of the table above, by name, over all examples given, which are on the CPU.
std::map<std::string, double> scores(const Task& task, const at::Tensor& outputs,
                                     const at::Tensor& targets);

/// "<task>/<metric>" for each of several tasks, and under each metric's own name its mean over the
/// tasks that have it. `scores_of` has one entry for each task.
std::map<std::string, double> join_scores(
    const std::vector<std::string>& tasks,
    const std::vector<std::map<std::string, double>>& scores_of);

}  // namespace timetrial::multitask
