#include "workloads/multitask/workload.h"

#include "workloads/multitask/task_losses.h"

namespace timetrial::multitask {

workloads::Facts TabledWorkload::facts() const {
  workloads::Facts facts;
  facts.loss_type = spec_.loss_type;
  facts.metric = spec_.metric;
  facts.higher_is_better = higher_is_better(spec_.metric);
  facts.source = spec_.source;
  facts.dataset = spec_.dataset;
  facts.tasks = facts_of(tasks());
  facts.one_task_per_example = spec_.format.one_task_per_example;
  return facts;
}

Loss TabledWorkload::loss(const Batch& batch, const ModelOutput& output,
                          double label_smoothing) const {
  return spec_.format.one_task_per_example ? loss_of_each(tasks(), output, batch, label_smoothing)
                                           : loss_of_all(tasks(), output, batch, label_smoothing);
}

std::unique_ptr<workloads::TrainingData> TabledWorkload::open_training(
    const std::filesystem::path& training_dir) const {
  return multitask::open_training(training_dir, spec_.format);
}

std::unique_ptr<workloads::Evaluation> TabledWorkload::open_evaluation(
    const std::filesystem::path& held_back_dir) const {
  return multitask::open_evaluation(held_back_dir, spec_.format, spec_.evaluation_batch_size);
}

}  // namespace timetrial::multitask
