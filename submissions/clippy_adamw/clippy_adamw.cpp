// Clippy over AdamW: no weight is moved by Adam's step by more than a share of itself and a floor.
// Source  Tang et al. 2023, "Improving Training Stability for Multitask Ranking Models in
//         Recommender Systems", Algorithm 1, with Adam's step in the place of Adagrad's
// State   two moments per parameter and the number of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/adam.h>
#include <timetrial/baseline.h>
#include <timetrial/clippy.h>
#include <timetrial/gradient_list.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>

#include <cmath>

namespace {

class ClippyAdamW final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    clippy_.init(training, timetrial::read_clippy(read));
    adam_ = timetrial::read_adam(read);
    options_ = timetrial::read_baseline(read, training.workload());
    read.finish();
    moments_.init(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training);
    ++moments_.updates;
    if (reached.weights.empty()) return;
    const double rate = options_.learning_rate(training.step());
    auto steps = adam_steps(reached, rate);
    at::_foreach_mul_(steps, clippy_.factors(reached, steps));
    // After the bound, which is on the weights that the batch saw, and not part of what it bounds.
    if (options_.weight_decay != 0) {
      at::_foreach_mul_(reached.weights, 1 - rate * options_.weight_decay);
    }
    at::_foreach_add_(reached.weights, steps, -1);
  }

  void save(timetrial::StateWriter& out) const override { moments_.save(out); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    moments_.load(in);
  }

 private:
  /// Adam's, the rate in them, of update number `moments_.updates`.
  std::vector<at::Tensor> adam_steps(const timetrial::GradientList& reached, double rate) {
    auto first = reached.of(moments_.first), second = reached.of(moments_.second);
    const auto count = static_cast<double>(moments_.updates);
    at::_foreach_lerp_(first, reached.gradients, 1 - adam_.beta1);
    auto steps = at::_foreach_div(
        first, timetrial::adam_denominator(second, reached.gradients, adam_, count));
    at::_foreach_mul_(steps, rate / (1 - std::pow(adam_.beta1, count)));
    return steps;
  }

  timetrial::AdamOptions adam_;
  timetrial::BaselineOptions options_;
  timetrial::Clippy clippy_;
  timetrial::AdamMoments moments_;
};

}  // namespace

TIMETRIAL_SUBMISSION(ClippyAdamW, "clippy_adamw", "Timetrial authors")
