// LAMB: Adam's step with weight decay, in each tensor scaled to the length of its weights.
// Source  You et al. 2020, "Large Batch Optimization for Deep Learning: Training BERT in 76
//         minutes", Algorithm 2; the same arithmetic as AlgoPerf's baseline, which does not clamp
//         the length of the weights
// State   two moments per parameter, and the number of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/adam.h>
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/rate_groups.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones_like.h>

#include <utility>

namespace {

class Lamb final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    adam_ = timetrial::read_adam(read);
    options_ = timetrial::read_baseline(read, training.workload());
    weight_decay_ =
        timetrial::read_decay_form(read, options_.peak_learning_rate, options_.weight_decay);
    read.finish();
    moments_.init(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    timetrial::lamb_update(reached.weights, reached.gradients, reached.of(moments_.first),
                           reached.of(moments_.second), moments_.count(reached),
                           adam_.update(options_.learning_rate(training.step()), weight_decay_));
  }

  std::optional<timetrial::Preconditioner> preconditioner(
      const timetrial::Training& training) const override {
    if (training.step() == 0) return {};
    const at::NoGradGuard no_grad;
    auto divisors = moments_.divisors(adam_);
    for (std::size_t i = 0; i < divisors.size(); ++i) {
      const at::Tensor weight = training.parameters()[i].tensor.detach();
      const at::Tensor direction = moments_.first[i].div(divisors[i]).add_(weight, weight_decay_);
      const at::Tensor ratio = weight.norm().div(direction.norm());
      // As the update has it: a quotient of 1 where either length is 0.
      divisors[i].div_(
          ratio.isfinite().logical_and(ratio.gt(0)).item<bool>() ? ratio : at::ones_like(ratio));
    }
    const double rate = options_.learning_rate(training.step());
    return timetrial::diagonal_preconditioner(std::move(divisors),
                                              timetrial::averaged_threshold(rate, adam_.beta1));
  }

  void save(timetrial::StateWriter& out) const override { moments_.save(out); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    moments_.load(in);
  }

 private:
  timetrial::AdamOptions adam_;
  timetrial::BaselineOptions options_;
  double weight_decay_ = 0;  // what the rate is multiplied with, of either form
  timetrial::AdamMoments moments_;
};

}  // namespace

TIMETRIAL_SUBMISSION(Lamb, "lamb", "Timetrial authors")
