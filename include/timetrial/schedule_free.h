#pragma once
// Schedule-free AdamW: three sequences in place of a learning rate schedule.
//
//   y  where gradients are taken (the parameters while training)
//   z  where the optimizer steps
//   x  the weighted average of z, which is evaluated; y = (1 - beta1) z + beta1 x, so x is not
//      stored
//
// Source  Defazio et al. 2024, "The Road Less Scheduled", Algorithm 1; weight decay at y and
//         averaging weights as in the authors' package schedulefree; batch norm as in their entry
//         schedule_free_adamw_v2 of AlgoPerf v0.6 (mlcommons/submissions_algorithms): running
//         statistics are those of x, gathered in a forward pass of its own every few steps

#include <timetrial/gradient_clip.h>
#include <timetrial/gradient_list.h>
#include <timetrial/hyperparameter_reader.h>
#include <timetrial/rate_groups.h>
#include <timetrial/state.h>
#include <timetrial/training.h>
#include <timetrial/update_rules.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/_foreach_lerp.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

namespace timetrial {

struct ScheduleFreeOptions {
  double learning_rate = 0, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  RateGroups rates;
  double warmup_steps = 0;
  double r = 0, weight_lr_power = 2;  ///< z of update t weighs t^r times the largest rate to this
  std::optional<GradientClip> gradient_clip;
  double label_smoothing = 0;
  std::int64_t batch_norm_every = 3;  ///< steps between forward passes at x
  ForwardOptions forward;
};

/// Throws std::invalid_argument as the reader does.
inline ScheduleFreeOptions read_schedule_free(HyperparameterReader& read,
                                              const WorkloadInfo& workload) {
  ScheduleFreeOptions options;
  options.learning_rate = read.positive("learning_rate");
  options.beta1 = read.inner_fraction("beta1", options.beta1);
  options.beta2 = read.fraction("beta2", options.beta2);
  options.epsilon = read.positive("epsilon", options.epsilon);
  options.rates = RateGroups(read, options.learning_rate, read.non_negative("weight_decay", 0));
  const double hinted = read.fraction("warmup_factor", 0) *
                        static_cast<double>(std::max<std::int64_t>(workload.step_hint, 0));
  options.warmup_steps = read.non_negative("warmup_steps", std::round(hinted));
  options.r = read.non_negative("r", options.r);
  options.weight_lr_power = read.non_negative("weight_lr_power", options.weight_lr_power);
  options.gradient_clip = read_gradient_clip(read);
  options.batch_norm_every = static_cast<std::int64_t>(read.whole("batch_norm_every", 3));
  options.label_smoothing = read.fraction("label_smoothing", 0);
  options.forward.dropout = read.optional_fraction("dropout_rate");
  return options;
}

/// State and steps. Keep it in a submission and pass the hooks on.
class ScheduleFreeAdamW {
 public:
  void init(const Training& training, const ScheduleFreeOptions& options) {
    options_ = options;
    options_.rates.init(training);
    for (const auto& parameter : training.parameters()) {
      weights_.push_back(parameter.tensor);
      z_.push_back(parameter.tensor.detach().clone());
    }
    second_moment_ = zeros_like_parameters(training);
  }

  void update(Training& training, const Batch& batch) {
    ForwardOptions forward = options_.forward;
    if (!training.model_state().empty()) {
      // What is gathered at y would not fit x, which is evaluated.
      if (updates_ % options_.batch_norm_every == 0) pass_at_average(training, batch);
      forward.update_batch_norm = false;
    }
    leave_average();
    training.mean_loss(batch, forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = take_gradients(training, options_.gradient_clip);
    step(reached);
    ++updates_;
  }

  /// Puts x into the parameters and keeps y, so that training goes on from the same bits.
  void enter_average() {
    if (!y_.empty()) return;
    const at::NoGradGuard no_grad;
    for (const auto& weight : weights_) y_.push_back(weight.detach().clone());
    at::_foreach_lerp_(weights_, z_, 1 - 1 / options_.beta1);
  }

  void save(StateWriter& out) const {
    out.put("z", z_);
    out.put("second_moment", second_moment_);
    out.put("y", y_);
    out.put("updates", updates_);
    out.put("largest_rate", largest_rate_);
    out.put("weight_sum", weight_sum_);
  }
  void load(StateReader& in) {
    load_into(in, "z", z_);
    load_into(in, "second_moment", second_moment_);
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

  void pass_at_average(Training& training, const Batch& batch) {
    enter_average();
    const at::NoGradGuard no_grad;
    training.forward(batch, options_.forward);
  }

  /// Moves y and z; x moves with them.
  void step(GradientList& reached) {
    const double k = static_cast<double>(updates_), warmup = options_.warmup_steps;
    const double rate = options_.learning_rate * (k < warmup ? (k + 1) / warmup : 1);
    largest_rate_ = std::max(largest_rate_, rate);
    const double weight =
        std::pow(k + 1, options_.r) * std::pow(largest_rate_, options_.weight_lr_power);
    weight_sum_ += weight;
    options_.rates.each(reached, rate, [&](GradientList& part, const Rates& rates) {
      schedule_free_adamw_update(part.weights, part.gradients, part.of(z_), part.of(second_moment_),
                                 {.rate = rates.rate,
                                  .beta1 = options_.beta1,
                                  .beta2 = options_.beta2,
                                  .epsilon = options_.epsilon,
                                  .weight_decay = rates.weight_decay,
                                  .share = weight / weight_sum_,  // of this z in the average x
                                  .count = updates_ + 1});
    });
  }

  ScheduleFreeOptions options_;
  std::vector<at::Tensor> weights_;  // the parameters themselves; these lists share their order
  std::vector<at::Tensor> z_, second_moment_;
  std::vector<at::Tensor> y_;  // empty, but between enter_average and the next update
  std::int64_t updates_ = 0;
  double largest_rate_ = 0, weight_sum_ = 0;
};

}  // namespace timetrial
