// IMTL: losses scaled to equal size, and equal projections on all gradients, around any optimizer.
// Source  Liu et al. 2021, "Towards Impartial Multi-task Learning", Algorithm 1
// State   the losses' scales, with Adam's moments
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_wrapper.h>

#include <optional>
#include <vector>

namespace {

using namespace timetrial::multitask;

class Imtl final : public TaskMethod {
 public:
  void init(const TaskFacts& facts, timetrial::HyperparameterReader& read) override {
    scales_losses_ = read.choice("task_scale_losses", 1, 1) == 1;
    rule_.emplace(facts.tasks, read.positive("task_learning_rate", 0.01));
  }
  at::Tensor combine(TaskStep& step) override {
    const Gram plain = step.gram();
    Gram scaled = plain;
    const auto scales =
        scales_losses_ ? rule_->weights(step.present()) : Coefficients(plain.tasks(), 1.0);
    for (std::size_t i = 0; i < scales.size(); ++i) {
      for (std::size_t j = 0; j < scales.size(); ++j) scaled(i, j) *= scales[i] * scales[j];
    }
    auto a = imtl_g(scaled);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] *= scales[i];
    if (scales_losses_ && step.first_call()) rule_->learn(step.present(), step.losses());
    return step.combined(a, scales);
  }
  std::vector<double> state() const override { return rule_->state(); }
  void restore(const std::vector<double>& state) override { rule_->restore(state); }

 private:
  bool scales_losses_ = true;
  std::optional<ImpartialLosses> rule_;
};

}  // namespace

TIMETRIAL_TASK_METHOD(Imtl, "Timetrial authors")
