// MGDA-UB: MGDA on the gradients at the shared representation, around any optimizer.
// Source  Sener and Koltun 2018, "Multi-Task Learning as Multi-Objective Optimization", section 3.3
// State   none
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_wrapper.h>

namespace {

using namespace timetrial::multitask;

class MgdaUb final : public TaskMethod {
 public:
  void init(const TaskFacts& /*facts*/, timetrial::HyperparameterReader& read) override {
    constexpr Normalization kOrder[] = {Normalization::none, Normalization::l2, Normalization::loss,
                                        Normalization::loss_plus};
    rule_.normalization = kOrder[read.choice("task_normalization", 3, 0)];
  }
  at::Tensor combine(TaskStep& step) override {
    const auto rows = step.representation_gradients();
    const auto weights = mgda(inner_products(rows), step.losses(), rule_);
    step.record_weights(weights);
    at::Tensor gradient = rows.front().mul(weights.front());
    for (std::size_t i = 1; i < rows.size(); ++i) gradient.add_(rows[i], weights[i]);
    return step.through_representation(gradient);
  }

 private:
  Mgda rule_;
};

}  // namespace

TIMETRIAL_TASK_METHOD(MgdaUb, "Timetrial authors")
