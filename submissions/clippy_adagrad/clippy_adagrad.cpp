// Clippy over Adagrad: no weight moves by more than a share of itself and a floor.
// Source  Tang et al. 2023, "Improving Training Stability for Multitask Ranking Models in
//         Recommender Systems", Algorithm 1: one factor for each tensor
// State   one sum per parameter
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_abs.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcmul.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_sqrt.h>
#include <ATen/ops/stack.h>

namespace {

class ClippyAdagrad final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    relative_ = read.non_negative("lambda_rel", 0.5);
    absolute_ = read.positive("lambda_abs", 0.01);
    epsilon_ = read.positive("epsilon", 1e-10);
    const double initial = read.non_negative("initial_accumulator", 0.1);
    options_ = timetrial::read_baseline(read, training.workload());
    read.finish();
    sums_ = timetrial::zeros_like_parameters(training);
    for (auto& sum : sums_) sum.fill_(initial);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training);
    auto sums = reached.of(sums_);
    const double rate = options_.learning_rate(training.step());
    if (options_.weight_decay != 0) {
      at::_foreach_add_(reached.gradients, reached.weights, options_.weight_decay);
    }
    at::_foreach_addcmul_(sums, reached.gradients, reached.gradients, 1);
    auto root = at::_foreach_sqrt(sums);
    at::_foreach_add_(root, epsilon_);
    at::_foreach_div_(reached.gradients, root);  // from here on the step
    at::_foreach_mul_(reached.gradients, rate);
    at::_foreach_mul_(reached.gradients, factors(reached));
    at::_foreach_add_(reached.weights, reached.gradients, -1);
  }

  void save(timetrial::StateWriter& out) const override { out.put("sums", sums_); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "sums", sums_);
  }

 private:
  /// Of each tensor: the least of allowed / wanted over its coordinates, and at most 1. A
  /// coordinate that does not move allows everything.
  std::vector<at::Tensor> factors(const timetrial::GradientList& steps) const {
    auto allowed = at::_foreach_abs(steps.weights);
    at::_foreach_mul_(allowed, relative_);
    at::_foreach_add_(allowed, absolute_);
    at::_foreach_div_(allowed, at::_foreach_abs(steps.gradients));
    std::vector<at::Tensor> result;
    result.reserve(allowed.size());
    for (const auto& ratio : allowed) {
      result.push_back(ratio.numel() == 0 ? ratio.new_ones({}) : ratio.min().clamp_max_(1));
    }
    return result;
  }

  double relative_ = 0, absolute_ = 0, epsilon_ = 0;
  timetrial::BaselineOptions options_;
  std::vector<at::Tensor> sums_;  // of squared gradients, in the order of Training::parameters()
};

}  // namespace

TIMETRIAL_SUBMISSION(ClippyAdagrad, "clippy_adagrad", "Timetrial authors")
