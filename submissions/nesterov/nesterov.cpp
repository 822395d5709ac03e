// Nesterov: gradient descent that looks ahead along its momentum, with weight decay in the
// gradient. Source  Sutskever et al. 2013, "On the importance of initialization and momentum in
// deep learning",
//         in the form that evaluates at the looked-ahead weights; as torch.optim.SGD(nesterov=True)
// State   one momentum tensor per parameter
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/gradient_list.h>
#include <timetrial/learning_rate.h>
#include <timetrial/submission.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_sgd.h>

namespace {

class Nesterov final : public timetrial::Submission {
 public:
  std::int64_t batch_size(const timetrial::WorkloadInfo& workload) const override {
    return workload.name.starts_with("gcide_lm") ? 8 : 128;
  }

  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    learning_rate_ = read.positive("learning_rate");
    momentum_factor_ = read.inner_fraction("momentum", 0.9);
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
    // From zero, the first step is the one that PyTorch takes from an absent buffer.
    at::_fused_sgd_(reached.weights, reached.gradients, momentum, weight_decay_, momentum_factor_,
                    learning_rate_ * schedule_.factor(training.step()), /*dampening=*/0,
                    /*nesterov=*/true, /*maximize=*/false, /*is_first_step=*/false);
  }

  void save(timetrial::StateWriter& out) const override { out.put("momentum", momentum_); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    momentum_ = in.tensors("momentum");
  }

 private:
  double learning_rate_ = 0, momentum_factor_ = 0, weight_decay_ = 0, label_smoothing_ = 0;
  timetrial::ForwardOptions forward_;
  timetrial::LearningRateSchedule schedule_;
  std::vector<at::Tensor> momentum_;  // in the order of Training::parameters()
};

}  // namespace

TIMETRIAL_SUBMISSION(Nesterov, "nesterov", "Timetrial authors")
