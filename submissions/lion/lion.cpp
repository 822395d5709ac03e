// Lion: step along the sign of an interpolated momentum, with decoupled weight decay.
// Source  Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", Algorithm 2
// State   one momentum tensor per parameter: same shape, dtype and device
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/gradient_list.h>
#include <timetrial/learning_rate.h>
#include <timetrial/submission.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_sign.h>

namespace {

class Lion final : public timetrial::Submission {
 public:
  std::int64_t batch_size(const timetrial::WorkloadInfo& workload) const override {
    return workload.name.starts_with("gcide_lm") ? 8 : 128;
  }

  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    learning_rate_ = read.positive("learning_rate");
    beta1_ = read.fraction("beta1", 0.9);
    beta2_ = read.fraction("beta2", 0.99);
    weight_decay_ = read.non_negative("weight_decay", 0);
    label_smoothing_ = read.fraction("label_smoothing", 0);
    forward_.dropout = read.optional_fraction("dropout_rate");
    schedule_ = timetrial::read_schedule(read, training.workload());
    read.finish();
    momentum_ = timetrial::zeros_like_parameters(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, forward_, label_smoothing_).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training);
    auto momentum = reached.of(momentum_);
    const double learning_rate = learning_rate_ * schedule_.factor(training.step());
    // The step leans on this gradient (beta1), the memory forgets more slowly (beta2).
    auto direction = at::_foreach_mul(momentum, beta1_);
    at::_foreach_add_(direction, reached.gradients, 1 - beta1_);
    at::_foreach_sign_(direction);
    at::_foreach_mul_(momentum, beta2_);
    at::_foreach_add_(momentum, reached.gradients, 1 - beta2_);
    if (weight_decay_ != 0) at::_foreach_mul_(reached.weights, 1 - learning_rate * weight_decay_);
    at::_foreach_add_(reached.weights, direction, -learning_rate);
  }

  void save(timetrial::StateWriter& out) const override { out.put("momentum", momentum_); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    momentum_ = in.tensors("momentum");
  }

 private:
  double learning_rate_ = 0, beta1_ = 0, beta2_ = 0, weight_decay_ = 0, label_smoothing_ = 0;
  timetrial::ForwardOptions forward_;
  timetrial::LearningRateSchedule schedule_;
  std::vector<at::Tensor> momentum_;  // in the order of Training::parameters()
};

}  // namespace

TIMETRIAL_SUBMISSION(Lion, "lion", "Timetrial authors")
