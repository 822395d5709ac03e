// PCGrad: each task's gradient loses what points against another's, around any optimizer.
// Source  Yu et al. 2020, "Gradient Surgery for Multi-Task Learning", Algorithm 1
// State   none
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_wrapper.h>

namespace {

using namespace timetrial::multitask;

class PcGrad final : public TaskMethod {
 public:
  void init(const TaskFacts& /*facts*/, timetrial::HyperparameterReader& /*read*/) override {}
  at::Tensor combine(TaskStep& step) override {
    const auto orders = shuffled_orders(step.present().size(), step.seed());
    return step.combined(pcgrad(step.gram(), orders));
  }
};

}  // namespace

TIMETRIAL_TASK_METHOD(PcGrad, "Timetrial authors")
