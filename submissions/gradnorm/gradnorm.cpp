// GradNorm: weights that bring the tasks' gradients to comparable norms, around any optimizer.
// Source  Chen et al. 2018, "GradNorm: Gradient Normalization for Adaptive Loss Balancing"
// State   the weights' own, with Adam's moments
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_wrapper.h>

#include <optional>
#include <vector>

namespace {

using namespace timetrial::multitask;

class GradNormWeighting final : public TaskMethod {
 public:
  void init(const TaskFacts& facts, timetrial::HyperparameterReader& read) override {
    const double alpha = read.non_negative("task_alpha", 1.5);
    rule_.emplace(facts.tasks, alpha, read.positive("task_learning_rate", 0.025));
  }
  at::Tensor combine(TaskStep& step) override {
    const auto weights = rule_->weights(step.present());
    if (step.first_call()) {
      rule_->learn(step.present(), step.losses(), step.last_shared_norms());
    }
    return step.weighted(weights);
  }
  std::vector<double> state() const override { return rule_->state(); }
  void restore(const std::vector<double>& state) override { rule_->restore(state); }

 private:
  std::optional<GradNorm> rule_;
};

}  // namespace

TIMETRIAL_TASK_METHOD(GradNormWeighting, "Timetrial authors")
