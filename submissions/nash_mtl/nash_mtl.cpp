// Nash-MTL: the tasks bargain for the step, around any optimizer.
// Source  Navon et al. 2022, "Multi-Task Learning as a Bargaining Game", Algorithm 1
// State   the last coefficients, and the number of steps
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_wrapper.h>

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace {

using namespace timetrial::multitask;

class NashMtl final : public TaskMethod {
 public:
  void init(const TaskFacts& facts, timetrial::HyperparameterReader& read) override {
    rule_.max_norm = read.non_negative("task_max_norm", 1);
    every_ = static_cast<std::int64_t>(read.whole("task_every", 1));
    last_.assign(facts.tasks, 0);
  }
  at::Tensor combine(TaskStep& step) override {
    const bool due = every_ == 1 || (step.first_call() && steps_ % every_ == 0);
    if (step.first_call()) ++steps_;
    Coefficients a;
    bool known = true;
    for (const auto task : step.present()) {
      a.push_back(last_.at(task));
      known = known && a.back() > 0;
    }
    if (known && !due) return step.combined(a);
    a = nash(step.gram(), rule_);
    for (std::size_t i = 0; i < a.size(); ++i) last_[step.present()[i]] = a[i];
    return step.combined(a);
  }
  std::vector<double> state() const override {
    auto state = last_;
    state.push_back(static_cast<double>(steps_));
    return state;
  }
  void restore(const std::vector<double>& state) override {
    if (state.size() != last_.size() + 1) {
      throw std::invalid_argument("Nash-MTL's state was saved for another number of tasks");
    }
    last_.assign(state.begin(), state.end() - 1);
    steps_ = static_cast<std::int64_t>(state.back());
  }

 private:
  Nash rule_;
  std::int64_t every_ = 1, steps_ = 0;
  std::vector<double> last_;  // of each task; 0: none yet
};

}  // namespace

TIMETRIAL_TASK_METHOD(NashMtl, "Timetrial authors")
