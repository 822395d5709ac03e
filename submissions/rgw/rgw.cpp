// RGW: random weights of the shared gradients in every step, around any optimizer.
// Source  Lin et al. 2022, "Reasonable Effectiveness of Random Weighting"
// State   none
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_wrapper.h>

namespace {

using namespace timetrial::multitask;

class Rgw final : public TaskMethod {
 public:
  void init(const TaskFacts& /*facts*/, timetrial::HyperparameterReader& /*read*/) override {}
  at::Tensor combine(TaskStep& step) override {
    return step.combined(random_weights(step.present().size(), step.seed()));
  }
};

}  // namespace

TIMETRIAL_TASK_METHOD(Rgw, "Timetrial authors")
