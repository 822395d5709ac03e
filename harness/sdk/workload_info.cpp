#include "harness/sdk/workload_info.h"

#include "harness/sdk/blind_view.h"

namespace timetrial::sdk {

WorkloadInfo info_of(const std::string& name, const workloads::Facts& facts,
                     const workloads::TrainingData& data) {
  WorkloadInfo info;
  info.name = name;
  info.loss_type = facts.loss_type;
  info.metric = facts.metric;
  info.higher_is_better = facts.higher_is_better;
  info.training_examples = data.size();
  info.one_task_per_example = facts.one_task_per_example;
  if (facts.tasks.empty()) {
    info.tasks.push_back({"", facts.metric, facts.higher_is_better, data.size()});
  }
  const auto sizes = data.examples_of_tasks();
  for (std::size_t i = 0; i < facts.tasks.size(); ++i) {
    const auto& task = facts.tasks[i];
    info.tasks.push_back(
        {task.name, task.metric, task.higher_is_better, sizes.empty() ? data.size() : sizes.at(i)});
  }
  return info;
}

void hide_names(WorkloadInfo& info) {
  info.name = kHiddenName;
  if (info.tasks.size() < 2) return;
  for (std::size_t i = 0; i < info.tasks.size(); ++i) {
    info.tasks[i].name = "task " + std::to_string(i);
  }
}

}  // namespace timetrial::sdk
