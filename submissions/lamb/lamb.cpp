// LAMB: Adam's step with weight decay, in each tensor scaled to the length of its weights.
// Source  You et al. 2020, "Large Batch Optimization for Deep Learning: Training BERT in 76
//         minutes", Algorithm 2; the same arithmetic as AlgoPerf's baseline, which does not clamp
//         the length of the weights
// State   two moments per parameter, and the number of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/adam.h>
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

#include <cmath>

namespace {

/// Length of each weight / length of its update; 1 where either is 0, which would not move on.
std::vector<at::Tensor> trust_ratios(const std::vector<at::Tensor>& weights,
                                     const std::vector<at::Tensor>& updates) {
  const at::Tensor weight = at::stack(at::_foreach_norm(weights, 2));
  const at::Tensor update = at::stack(at::_foreach_norm(updates, 2));
  const at::Tensor usable = weight.ne(0).logical_and(update.ne(0));
  return at::where(usable, weight.div(update), at::ones_like(weight)).unbind();
}

class Lamb final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    adam_ = timetrial::read_adam(read);
    options_ = timetrial::read_baseline(read, training.workload());
    read.finish();
    moments_.init(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training);
    if (reached.weights.empty()) return;
    auto first = reached.of(moments_.first), second = reached.of(moments_.second);
    const auto count = static_cast<double>(++moments_.updates);

    at::_foreach_mul_(first, adam_.beta1);
    at::_foreach_add_(first, reached.gradients, 1 - adam_.beta1);
    const auto root = timetrial::adam_denominator(second, reached.gradients, adam_, count);
    auto step = at::_foreach_div(first, root);
    at::_foreach_div_(step, 1 - std::pow(adam_.beta1, count));
    at::_foreach_add_(step, reached.weights, options_.weight_decay);
    at::_foreach_mul_(step, trust_ratios(reached.weights, step));
    at::_foreach_add_(reached.weights, step, -options_.learning_rate(training.step()));
  }

  void save(timetrial::StateWriter& out) const override { moments_.save(out); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    moments_.load(in);
  }

 private:
  timetrial::AdamOptions adam_;
  timetrial::BaselineOptions options_;
  timetrial::AdamMoments moments_;
};

}  // namespace

TIMETRIAL_SUBMISSION(Lamb, "lamb", "Timetrial authors")
