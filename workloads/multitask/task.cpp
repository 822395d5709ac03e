#include "workloads/multitask/task.h"

#include "workloads/metrics/auc.h"
#include "workloads/metrics/classification.h"
#include "workloads/multitask/dense.h"

#include <ATen/core/Reduction.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/mse_loss.h>

namespace timetrial::multitask {

Task regression(const std::string& name, std::int64_t outputs) {
  return {name, TaskKind::regression, outputs, "loss"};
}

Task binary(const std::string& name) { return {name, TaskKind::binary, 1, "auc"}; }

Task classes(const std::string& name, std::int64_t count) {
  return {name, TaskKind::classes, count, "accuracy"};
}

Task attribute(const std::string& name) { return {name, TaskKind::attribute, 2, "error"}; }

bool higher_is_better(const std::string& metric) {
  return metric != "loss" && !metric.ends_with("error");
}

std::vector<workloads::TaskFacts> facts_of(const std::vector<Task>& tasks) {
  std::vector<workloads::TaskFacts> facts;
  for (const Task& task : tasks) {
    facts.push_back({task.name, task.metric, higher_is_better(task.metric)});
  }
  return facts;
}

at::Tensor example_losses(const Task& task, const at::Tensor& outputs, const at::Tensor& targets,
                          double label_smoothing) {
  switch (task.kind) {
    case TaskKind::classes:
    case TaskKind::attribute:
      return at::cross_entropy_loss(outputs, targets, /*weight=*/{}, at::Reduction::None,
                                    /*ignore_index=*/-100, label_smoothing);
    case TaskKind::binary:
      return at::binary_cross_entropy_with_logits(
          outputs.squeeze(1), targets.to(outputs.scalar_type()), {}, {}, at::Reduction::None);
    case TaskKind::pixel_classes:
    case TaskKind::pixel_values:
      return pixel_losses(task, outputs, targets, label_smoothing);
    case TaskKind::regression:
      break;
  }
  if (task.outputs == 1) {
    return at::mse_loss(outputs.squeeze(1), targets.to(outputs.scalar_type()), at::Reduction::None);
  }
  return at::mse_loss(outputs, targets.to(outputs.scalar_type()), at::Reduction::None).mean(1);
}

std::map<std::string, double> scores(const Task& task, const at::Tensor& outputs,
                                     const at::Tensor& targets) {
  if (task.kind == TaskKind::pixel_classes) return pixel_class_scores(task, outputs, targets);
  if (task.kind == TaskKind::pixel_values) return pixel_value_scores(outputs, targets);
  // In double, so that what examples are added up in which order does not show.
  std::map<std::string, double> found{
      {"loss", example_losses(task, outputs.to(at::kDouble), targets, 0).mean().item<double>()}};
  if (task.kind == TaskKind::classes || task.kind == TaskKind::attribute) {
    metrics::ClassificationSums sums;
    sums.add(outputs, targets);
    if (task.kind == TaskKind::classes) found["accuracy"] = sums.accuracy();
    if (task.kind == TaskKind::attribute) found["error"] = 1 - sums.accuracy();
  }
  if (task.kind == TaskKind::binary) {
    const at::Tensor logits = outputs.to(at::kFloat).contiguous();
    const at::Tensor positive = targets.to(at::kByte).contiguous();
    const auto count = static_cast<std::size_t>(logits.numel());
    found["auc"] = metrics::auc({logits.const_data_ptr<float>(), count},
                                {positive.const_data_ptr<std::uint8_t>(), count});
  }
  return found;
}

std::map<std::string, double> join_scores(
    const std::vector<std::string>& tasks,
    const std::vector<std::map<std::string, double>>& scores_of) {
  std::map<std::string, double> joined, tasks_with;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    for (const auto& [metric, value] : scores_of[i]) {
      if (tasks.size() > 1) joined[tasks[i] + "/" + metric] = value;
      joined[metric] += value;
      tasks_with[metric] += 1;
    }
  }
  for (const auto& [metric, count] : tasks_with) joined[metric] /= count;
  return joined;
}

}  // namespace timetrial::multitask
