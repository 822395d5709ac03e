// Aligned-MTL: the tasks' gradients with equal principal components, around any optimizer.
// Source  Senushkin et al. 2023, "Independent Component Alignment for Multi-Task Learning"
// State   none
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_wrapper.h>

namespace {

using namespace timetrial::multitask;

class AlignedMtl final : public TaskMethod {
 public:
  void init(const TaskFacts& /*facts*/, timetrial::HyperparameterReader& /*read*/) override {}
  at::Tensor combine(TaskStep& step) override { return step.combined(aligned(step.gram())); }
};

}  // namespace

TIMETRIAL_TASK_METHOD(AlignedMtl, "Timetrial authors")
