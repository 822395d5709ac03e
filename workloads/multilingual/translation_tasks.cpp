#include "workloads/multilingual/translation_tasks.h"

#include "workloads/multitask/task_losses.h"

namespace timetrial::multilingual {

workloads::Facts TranslationTasks::facts() const {
  workloads::Facts facts = Translation::facts();
  facts.metric = "loss";
  facts.higher_is_better = false;
  facts.one_task_per_example = true;
  for (const std::string& language : languages_) {
    facts.tasks.push_back({language, "loss", /*higher_is_better=*/false});
  }
  return facts;
}

Loss TranslationTasks::loss(const Batch& batch, const ModelOutput& output,
                            double label_smoothing) const {
  return multitask::with_task_losses(Translation::loss(batch, output, label_smoothing),
                                     batch.weights(), batch.at("tasks"), languages_.size());
}

}  // namespace timetrial::multilingual
