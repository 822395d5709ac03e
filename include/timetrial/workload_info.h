#pragma once
// What a submission may know of the workload it trains.

#include <cstdint>
#include <string>
#include <vector>

namespace timetrial {

/// AlgoPerf's LossType, same order.
enum class LossType : std::int32_t {
  softmax_cross_entropy = 0,
  sigmoid_cross_entropy = 1,
  mean_squared_error = 2,
  ctc = 3,
  mean_absolute_error = 4,
};

constexpr const char* to_string(LossType type) {
  switch (type) {
    case LossType::softmax_cross_entropy:
      return "softmax_cross_entropy";
    case LossType::sigmoid_cross_entropy:
      return "sigmoid_cross_entropy";
    case LossType::mean_squared_error:
      return "mean_squared_error";
    case LossType::ctc:
      return "ctc";
    case LossType::mean_absolute_error:
      return "mean_absolute_error";
  }
  return "unknown";
}

/// One of the losses that a multi-task workload trains together.
struct TaskInfo {
  std::string name;    ///< such as "liked"; empty for the only task of a workload
  std::string metric;  ///< the task's own, reported as "<name>/<metric>", such as "liked/auc"
  bool higher_is_better = true;        ///< direction of that metric
  std::int64_t training_examples = 0;  ///< that have a label of this task
};

struct WorkloadInfo {
  std::string name;  ///< for choosing a batch size that fits in memory, nothing else (the rules)
  LossType loss_type = LossType::softmax_cross_entropy;
  std::string metric;            ///< the target's metric, such as "accuracy"
  bool higher_is_better = true;  ///< direction of the metric
  double validation_target = 0;  ///< in units of the metric
  double budget_s = 0;           ///< submission time allowed, seconds
  std::int64_t step_hint = 0;    ///< steps a baseline fits in the budget: for schedules
  std::int64_t training_examples = 0;
  std::vector<TaskInfo> tasks = {};  ///< one for each entry of Loss::per_task
  /// Every example has a label of one task alone, batches have "tasks", and
  /// BatchQueue::next_of_tasks chooses the mix. Otherwise every example has labels of all.
  bool one_task_per_example = false;
};

}  // namespace timetrial
