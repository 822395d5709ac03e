// GradVac: gradients turned until their cosines are the usual ones, around any optimizer.
// Source  Wang et al. 2021, "Gradient Vaccine: Investigating and Improving Multi-task Optimization"
// State   the wanted cosine of each pair of tasks
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_wrapper.h>

#include <optional>
#include <vector>

namespace {

using namespace timetrial::multitask;

class GradVacMethod final : public TaskMethod {
 public:
  void init(const TaskFacts& facts, timetrial::HyperparameterReader& read) override {
    rule_.emplace(facts.tasks, read.closed_fraction("task_beta", 0.5));
  }
  at::Tensor combine(TaskStep& step) override {
    const Gram gram = step.gram();
    const auto orders = shuffled_orders(step.present().size(), step.seed());
    return step.combined(rule_->combine(gram, step.present(), orders));
  }
  std::vector<double> state() const override { return rule_->state(); }
  void restore(const std::vector<double>& state) override { rule_->restore(state); }

 private:
  std::optional<GradVac> rule_;
};

}  // namespace

TIMETRIAL_TASK_METHOD(GradVacMethod, "Timetrial authors")
