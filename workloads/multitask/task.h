#pragma once
// One of the tasks that a workload trains together: what its outputs mean, its loss, its metrics.
//
//   kind        outputs [B, n], targets                    loss of an example            metrics
//   regression  n values; float32 [B], [B, n] for n > 1    squared error, mean over n    loss
//   binary      1 logit; 0 or 1, float32 [B]               sigmoid cross-entropy, nats   loss, auc
//   classes     n logits; int64 [B]                        softmax cross-entropy, nats   loss,
//                                                                                        accuracy
//   attribute   2 logits; 0 or 1, int64 [B]                softmax cross-entropy, nats   loss,
//   error pixel_classes, pixel_values: dense.h has them

#include "workloads/workload.h"

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

namespace timetrial::multitask {

enum class TaskKind { regression, binary, classes, attribute, pixel_classes, pixel_values };

struct Task {
  std::string name;
  TaskKind kind = TaskKind::regression;
  std::int64_t outputs = 1;
  std::string metric = "loss";  ///< that the task is judged by
};

Task regression(const std::string& name, std::int64_t outputs = 1);
/// Judged by its auc.
Task binary(const std::string& name);
/// Judged by its accuracy.
Task classes(const std::string& name, std::int64_t count);
/// Two classes, judged by its error, the fraction of wrong answers.
Task attribute(const std::string& name);

/// Losses and errors are better lower, all other metrics of this folder higher.
bool higher_is_better(const std::string& metric);

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
