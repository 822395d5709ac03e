// SAM: AdamW with the gradient at the worst point nearby.
// Source  Foret et al. 2021, "Sharpness-Aware Minimization for Efficiently Improving
//         Generalization", Algorithm 1, over AdamW; the same arithmetic as AlgoPerf's baseline
// State   two moments per parameter and its number of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/submission.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

namespace {

class Sam final : public timetrial::Submission {
 public:
  std::int64_t batch_size(const timetrial::WorkloadInfo& workload) const override {
    return timetrial::baseline_batch_size(workload);
  }

  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    rho_ = read.non_negative("rho", 0.05);
    beta1_ = read.fraction("beta1", 0.9);
    beta2_ = read.fraction("beta2", 0.999);
    epsilon_ = read.positive("epsilon", 1e-8);
    options_ = timetrial::read_baseline(read, training.workload());
    read.finish();
    first_moment_ = timetrial::zeros_like_parameters(training);
    second_moment_ = timetrial::zeros_like_parameters(training);
    here_ = timetrial::zeros_like_parameters(training);
    for (const auto& parameter : training.parameters()) {
      updates_.push_back(at::zeros({}, parameter.tensor.options().dtype(at::kFloat)));
    }
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    auto uphill = timetrial::take_gradients(training);
    auto here = uphill.of(here_);
    climb(uphill, here);

    timetrial::ForwardOptions again = options_.forward;
    again.update_batch_norm = false;  // running statistics are those of the weights that stay
    training.mean_loss(batch, again, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    at::_foreach_copy_(uphill.weights, here);

    auto reached = timetrial::take_gradients(training);
    auto first = reached.of(first_moment_), second = reached.of(second_moment_);
    auto updates = reached.of(updates_);
    at::_foreach_add_(updates, 1);
    at::_fused_adamw_(reached.weights, reached.gradients, first, second, /*max_exp_avg_sqs=*/{},
                      updates, options_.learning_rate(training.step()), beta1_, beta2_,
                      options_.weight_decay, epsilon_, /*amsgrad=*/false, /*maximize=*/false);
  }

  void save(timetrial::StateWriter& out) const override {
    out.put("first_moment", first_moment_);
    out.put("second_moment", second_moment_);
    out.put("updates", updates_);
  }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    first_moment_ = in.tensors("first_moment");
    second_moment_ = in.tensors("second_moment");
    updates_ = in.tensors("updates");
  }

 private:
  /// Keeps the weights in `here`, then moves them by rho along the gradient of all, which is
  /// overwritten. Where that is zero they stay.
  void climb(timetrial::GradientList& uphill, std::vector<at::Tensor>& here) const {
    if (uphill.weights.empty()) return;
    const at::NoGradGuard no_grad;
    at::_foreach_copy_(here, uphill.weights);
    const at::Tensor length = at::stack(at::_foreach_norm(uphill.gradients, 2)).norm();
    at::_foreach_mul_(uphill.gradients,
                      at::where(length.gt(0), length.reciprocal().mul(rho_), 0.0));
    at::_foreach_add_(uphill.weights, uphill.gradients);
  }

  double rho_ = 0, beta1_ = 0, beta2_ = 0, epsilon_ = 0;
  timetrial::BaselineOptions options_;
  // Each in the order of Training::parameters().
  std::vector<at::Tensor> first_moment_, second_moment_;
  std::vector<at::Tensor> updates_;  // float32 scalars, as the fused operation wants them
  std::vector<at::Tensor> here_;     // the weights while others are in their place
};

}  // namespace

TIMETRIAL_SUBMISSION(Sam, "sam", "Timetrial authors")
