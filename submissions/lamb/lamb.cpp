// LAMB: Adam's step with weight decay, in each tensor scaled to the length of its weights.
// Source  You et al. 2020, "Large Batch Optimization for Deep Learning: Training BERT in 76
//         minutes", Algorithm 2; the same arithmetic as AlgoPerf's baseline, which does not clamp
//         the length of the weights
// State   two moments per parameter, and the number of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/submission.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcmul.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_foreach_sqrt.h>
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

class Lamb final : public timetrial::Submission {
 public:
  std::int64_t batch_size(const timetrial::WorkloadInfo& workload) const override {
    return timetrial::baseline_batch_size(workload);
  }

  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    beta1_ = read.fraction("beta1", 0.9);
    beta2_ = read.fraction("beta2", 0.999);
    epsilon_ = read.positive("epsilon", 1e-8);
    options_ = timetrial::read_baseline(read, training.workload());
    read.finish();
    first_moment_ = timetrial::zeros_like_parameters(training);
    second_moment_ = timetrial::zeros_like_parameters(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training);
    if (reached.weights.empty()) return;
    auto first = reached.of(first_moment_), second = reached.of(second_moment_);
    const auto count = static_cast<double>(++updates_);

    at::_foreach_mul_(first, beta1_);
    at::_foreach_add_(first, reached.gradients, 1 - beta1_);
    at::_foreach_mul_(second, beta2_);
    at::_foreach_addcmul_(second, reached.gradients, reached.gradients, 1 - beta2_);
    auto root = at::_foreach_sqrt(second);
    at::_foreach_div_(root, std::sqrt(1 - std::pow(beta2_, count)));
    at::_foreach_add_(root, epsilon_);
    auto step = at::_foreach_div(first, root);
    at::_foreach_div_(step, 1 - std::pow(beta1_, count));
    at::_foreach_add_(step, reached.weights, options_.weight_decay);
    at::_foreach_mul_(step, trust_ratios(reached.weights, step));
    at::_foreach_add_(reached.weights, step, -options_.learning_rate(training.step()));
  }

  void save(timetrial::StateWriter& out) const override {
    out.put("first_moment", first_moment_);
    out.put("second_moment", second_moment_);
    out.put("updates", updates_);
  }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    first_moment_ = in.tensors("first_moment");
    second_moment_ = in.tensors("second_moment");
    updates_ = in.integer("updates");
  }

 private:
  double beta1_ = 0, beta2_ = 0, epsilon_ = 0;
  timetrial::BaselineOptions options_;
  std::vector<at::Tensor> first_moment_, second_moment_;  // in the order of Training::parameters()
  std::int64_t updates_ = 0;
};

}  // namespace

TIMETRIAL_SUBMISSION(Lamb, "lamb", "Timetrial authors")
