// Schedule-free AdamW: three sequences in place of a learning rate schedule.
//   y  where gradients are taken (the parameters while training)
//   z  where the optimizer steps
//   x  the weighted average of z, which is evaluated; y = (1 - beta1) z + beta1 x, so x is not
//   stored
// Source  Defazio et al. 2024, "The Road Less Scheduled", Algorithm 1; weight decay at y and
// averaging
//         weights as in the authors' package schedulefree
// State   z and a second moment per parameter; step and averaging numbers; y while x is swapped in
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/hyperparameter_reader.h>
#include <timetrial/update_rules.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/_foreach_lerp.h>

#include <algorithm>
#include <cmath>

namespace {

class ScheduleFreeAdamW final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    learning_rate_ = read.positive("learning_rate");
    beta1_ = read.inner_fraction("beta1", 0.9);
    beta2_ = read.fraction("beta2", 0.999);
    epsilon_ = read.positive("epsilon", 1e-8);
    weight_decay_ = read.non_negative("weight_decay", 0);
    const double hinted =
        read.fraction("warmup_factor", 0) *
        static_cast<double>(std::max<std::int64_t>(training.workload().step_hint, 0));
    warmup_steps_ = read.non_negative("warmup_steps", std::round(hinted));
    label_smoothing_ = read.fraction("label_smoothing", 0);
    forward_.dropout = read.optional_fraction("dropout_rate");
    read.finish();
    for (const auto& parameter : training.parameters()) {
      weights_.push_back(parameter.tensor);
      z_.push_back(parameter.tensor.detach().clone());
    }
    second_moment_ = timetrial::zeros_like_parameters(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    leave_average();
    training.mean_loss(batch, forward_, label_smoothing_).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training);
    step(reached);
    ++updates_;
  }

  /// Puts x into the parameters and keeps y, so that training goes on from the same bits.
  void prepare_for_eval(timetrial::Training& /*training*/) override {
    if (!y_.empty()) return;
    const at::NoGradGuard no_grad;
    for (const auto& weight : weights_) y_.push_back(weight.detach().clone());
    at::_foreach_lerp_(weights_, z_, 1 - 1 / beta1_);
  }

  void save(timetrial::StateWriter& out) const override {
    out.put("z", z_);
    out.put("second_moment", second_moment_);
    out.put("y", y_);
    out.put("updates", updates_);
    out.put("largest_rate", largest_rate_);
    out.put("weight_sum", weight_sum_);
  }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "z", z_);
    timetrial::load_into(in, "second_moment", second_moment_);
    y_ = in.tensors("y");
    updates_ = in.integer("updates");
    largest_rate_ = in.number("largest_rate");
    weight_sum_ = in.number("weight_sum");
  }

 private:
  void leave_average() {
    if (y_.empty()) return;
    const at::NoGradGuard no_grad;
    at::_foreach_copy_(weights_, y_);
    y_.clear();
  }

  /// Moves y and z; x moves with them.
  void step(timetrial::GradientList& reached) {
    const double k = static_cast<double>(updates_);
    const double rate = learning_rate_ * (k < warmup_steps_ ? (k + 1) / warmup_steps_ : 1);
    largest_rate_ = std::max(largest_rate_, rate);
    const double weight = largest_rate_ * largest_rate_;
    weight_sum_ += weight;
    const double share = weight / weight_sum_;  // of this z in the average x
    timetrial::schedule_free_adamw_update(reached.weights, reached.gradients, reached.of(z_),
                                          reached.of(second_moment_),
                                          {.rate = rate,
                                           .beta1 = beta1_,
                                           .beta2 = beta2_,
                                           .epsilon = epsilon_,
                                           .weight_decay = weight_decay_,
                                           .share = share,
                                           .count = updates_ + 1});
  }

  double learning_rate_ = 0, beta1_ = 0, beta2_ = 0, epsilon_ = 0, weight_decay_ = 0;
  double warmup_steps_ = 0, label_smoothing_ = 0;
  timetrial::ForwardOptions forward_;
  std::vector<at::Tensor> weights_;  // the parameters themselves; these lists share their order
  std::vector<at::Tensor> z_, second_moment_;
  std::vector<at::Tensor> y_;  // empty, but between prepare_for_eval and the next update
  std::int64_t updates_ = 0;
  double largest_rate_ = 0, weight_sum_ = 0;
};

}  // namespace

TIMETRIAL_SUBMISSION(ScheduleFreeAdamW, "schedule_free_adamw", "Timetrial authors")
