// IMTL-L: losses scaled to equal size by learned factors, around any optimizer.
// Source  Liu et al. 2021, "Towards Impartial Multi-task Learning", section 3.3
// State   the weights' own, with Adam's moments
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_wrapper.h>

#include <optional>
#include <vector>

namespace {

using namespace timetrial::multitask;

class ImtlL final : public TaskMethod {
 public:
  void init(const TaskFacts& facts, timetrial::HyperparameterReader& read) override {
    rule_.emplace(facts.tasks, read.positive("task_learning_rate", 0.01));
  }
  at::Tensor combine(TaskStep& step) override {
    const auto weights = rule_->weights(step.present());
    if (step.first_call()) rule_->learn(step.present(), step.losses());
    return step.weighted(weights);
  }
  std::vector<double> state() const override { return rule_->state(); }
  void restore(const std::vector<double>& state) override { rule_->restore(state); }

 private:
  std::optional<ImpartialLosses> rule_;
};

}  // namespace

TIMETRIAL_TASK_METHOD(ImtlL, "Timetrial authors")
