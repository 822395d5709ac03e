// MGDA: the shortest vector in the hull of the tasks' gradients, around any optimizer.
// Source  Sener and Koltun 2018, "Multi-Task Learning as Multi-Objective Optimization"
// State   none
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_wrapper.h>

namespace {

using namespace timetrial::multitask;

class MgdaMethod final : public TaskMethod {
 public:
  void init(const TaskFacts& /*facts*/, timetrial::HyperparameterReader& read) override {
    constexpr Normalization kOrder[] = {Normalization::none, Normalization::l2, Normalization::loss,
                                        Normalization::loss_plus};
    rule_.normalization = kOrder[read.choice("task_normalization", 3, 0)];
  }
  at::Tensor combine(TaskStep& step) override {
    return step.combined(mgda(step.gram(), step.losses(), rule_));
  }

 private:
  Mgda rule_;
};

}  // namespace

TIMETRIAL_TASK_METHOD(MgdaMethod, "Timetrial authors")
