// GradVac: gradients turned until their cosines are the usual ones, around any optimizer.
// Source  Wang et al. 2021, "Gradient Vaccine: Investigating and Improving Multi-task Optimization"
// State   the wanted cosine of each pair of tasks, for each group of parameters
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_wrapper.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace {

using namespace timetrial::multitask;

class GradVacMethod final : public TaskMethod {
 public:
  void init(const TaskFacts& facts, timetrial::HyperparameterReader& read) override {
    constexpr Grouping kOrder[] = {Grouping::whole, Grouping::layer, Grouping::tensor};
    tasks_ = facts.tasks;
    beta_ = read.closed_fraction("task_beta", 0.5);
    grouping_ = kOrder[read.choice("task_groups", 2, 0)];
  }
  at::Tensor combine(TaskStep& step) override {
    const auto grams = step.grams(grouping_);
    if (rules_.empty()) rules_.assign(grams.size(), GradVac(tasks_, beta_));
    if (rules_.size() != grams.size()) {
      throw std::invalid_argument("GradVac's similarities were saved for another number of groups");
    }
    // Every group meets the tasks in one order.
    const auto orders = shuffled_orders(step.present().size(), step.seed());
    std::vector<Coefficients> coefficients;
    for (std::size_t group = 0; group < grams.size(); ++group) {
      coefficients.push_back(rules_[group].combine(grams[group], step.present(), orders));
    }
    return step.combined(grouping_, coefficients);
  }
  std::vector<double> state() const override {
    std::vector<double> all;
    for (const auto& rule : rules_) {
      all.insert(all.end(), rule.state().begin(), rule.state().end());
    }
    return all;
  }
  void restore(const std::vector<double>& state) override {
    const auto pairs = static_cast<std::ptrdiff_t>(tasks_ * tasks_);
    rules_.clear();
    for (auto from = state.begin(); from != state.end();) {
      const auto end = from + std::min(pairs, state.end() - from);
      rules_.emplace_back(tasks_, beta_).restore({from, end});
      from = end;
    }
  }

 private:
  std::size_t tasks_ = 1;
  double beta_ = 0.5;
  Grouping grouping_ = Grouping::whole;
  std::vector<GradVac> rules_;  // of each group; none before the first step
};

}  // namespace

TIMETRIAL_TASK_METHOD(GradVacMethod, "Timetrial authors")
