// DWA: weights by how fast each task's loss falls, around any optimizer.
// Source  Liu et al. 2019, "End-To-End Multi-Task Learning With Attention", equation 7
// State   the tasks' mean losses in this and the last two periods
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_wrapper.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace {

using namespace timetrial::multitask;

class Dwa final : public TaskMethod {
 public:
  void init(const TaskFacts& facts, timetrial::HyperparameterReader& read) override {
    // One pass over the data, as the paper's epoch.
    const auto pass = (facts.training_examples + facts.batch_size - 1) / facts.batch_size;
    const double temperature = read.positive("task_temperature", 2);
    const double period =
        read.whole("task_period", static_cast<double>(std::max<std::int64_t>(1, pass)));
    rule_.emplace(facts.tasks, temperature, static_cast<std::int64_t>(period));
  }
  at::Tensor combine(TaskStep& step) override {
    const auto weights = rule_->weights(step.present());
    if (step.first_call()) rule_->learn(step.present(), step.losses());
    return step.weighted(weights);
  }
  std::vector<double> state() const override { return rule_->state(); }
  void restore(const std::vector<double>& state) override { rule_->restore(state); }

 private:
  std::optional<DynamicAverage> rule_;
};

}  // namespace

TIMETRIAL_TASK_METHOD(Dwa, "Timetrial authors")
