// AdamW: steps by the ratio of first to root second moment, with decoupled weight decay.
// Source  Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", Algorithm 2;
//         the same arithmetic as torch.optim.AdamW
// State   two moments per parameter and its number of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/submission.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/zeros.h>

namespace {

class AdamW final : public timetrial::Submission {
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
    for (const auto& parameter : training.parameters()) {
      updates_.push_back(at::zeros({}, parameter.tensor.options().dtype(at::kFloat)));
    }
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
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
  double beta1_ = 0, beta2_ = 0, epsilon_ = 0;
  timetrial::BaselineOptions options_;
  // Each in the order of Training::parameters().
  std::vector<at::Tensor> first_moment_, second_moment_;
  std::vector<at::Tensor> updates_;  // float32 scalars, as the fused operation wants them
};

}  // namespace

TIMETRIAL_SUBMISSION(AdamW, "adamw", "Timetrial authors")
