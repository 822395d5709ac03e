#pragma once
// What workloads of several tasks on a task table have in common: all but model, configuration and
// how the data are prepared.

#include "workloads/multitask/task_table.h"

namespace timetrial::multitask {

class TabledWorkload : public workloads::Workload {
 public:
  workloads::Facts facts() const override;
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override;
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& training_dir) const override;
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const override;

 protected:
  struct Spec {
    LossType loss_type = LossType::softmax_cross_entropy;  ///< of most tasks
    std::string metric;                                    ///< the mean over the tasks that have it
    std::string dataset;                                   ///< folder below the data directory
    workloads::DataSource source = workloads::DataSource::packages;
    std::int64_t evaluation_batch_size = 4096;
    Format format = {};
  };
  explicit TabledWorkload(Spec spec) : spec_(std::move(spec)) {}
  const std::vector<Task>& tasks() const { return spec_.format.tasks; }

 private:
  Spec spec_;
};

}  // namespace timetrial::multitask
