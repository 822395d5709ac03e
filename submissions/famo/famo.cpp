// FAMO: all losses fall at one relative rate, around any optimizer.
// Source  Liu et al. 2023, "FAMO: Fast Adaptive Multitask Optimization", Algorithm 1
// State   the weights' own, with Adam's moments
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_wrapper.h>

#include <optional>
#include <vector>

namespace {

using namespace timetrial::multitask;

class FamoWeighting final : public TaskMethod {
 public:
  void init(const TaskFacts& facts, timetrial::HyperparameterReader& read) override {
    const double rate = read.positive("task_learning_rate", 0.025);
    rule_.emplace(facts.tasks, rate, read.non_negative("task_decay", 1e-3));
  }
  at::Tensor combine(TaskStep& step) override {
    const auto weights = rule_->weights(step.present(), step.losses());
    return step.weighted(weights);
  }
  bool wants_losses_after() const override { return true; }
  void learn_after(const Present& present, const std::vector<double>& before,
                   const std::vector<double>& after) override {
    rule_->learn(present, before, after);
  }
  std::vector<double> state() const override { return rule_->state(); }
  void restore(const std::vector<double>& state) override { rule_->restore(state); }

 private:
  std::optional<Famo> rule_;
};

}  // namespace

TIMETRIAL_TASK_METHOD(FamoWeighting, "Timetrial authors")
