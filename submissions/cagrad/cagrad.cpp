// CAGrad: near the mean gradient, the direction best for the worst task, around any optimizer.
// Source  Liu et al. 2021, "Conflict-Averse Gradient Descent for Multi-task Learning", Algorithm 1
// State   none
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_wrapper.h>

namespace {

using namespace timetrial::multitask;

class CaGradMethod final : public TaskMethod {
 public:
  void init(const TaskFacts& /*facts*/, timetrial::HyperparameterReader& read) override {
    constexpr Rescale kOrder[] = {Rescale::none, Rescale::by_square, Rescale::by_sum};
    rule_.c = read.non_negative("task_c", 0.5);
    rule_.rescale = kOrder[read.choice("task_rescale", 2, 1)];
  }
  at::Tensor combine(TaskStep& step) override { return step.combined(cagrad(step.gram(), rule_)); }

 private:
  CaGrad rule_;
};

}  // namespace

TIMETRIAL_TASK_METHOD(CaGradMethod, "Timetrial authors")
