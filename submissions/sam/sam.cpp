// SAM: AdamW with the gradient at the worst point nearby.
// Source  Foret et al. 2021, "Sharpness-Aware Minimization for Efficiently Improving
//         Generalization", Algorithm 1, over AdamW; the same arithmetic as AlgoPerf's baseline
// State   two moments per parameter and its number of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/adam.h>
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/rate_groups.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_copy.h>

namespace {

class Sam final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    rho_ = read.non_negative("rho", 0.05);
    const auto adam = timetrial::read_adam(read);
    options_ = timetrial::read_baseline(read, training.workload());
    rates_ = timetrial::RateGroups(read, options_);
    read.finish();
    rates_.init(training);
    adamw_.init(training, adam);
    here_ = timetrial::zeros_like_parameters(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    auto uphill = timetrial::take_gradients(training);  // only their direction counts
    auto here = uphill.of(here_);
    climb(uphill, here);

    timetrial::ForwardOptions again = options_.forward;
    again.update_batch_norm = false;  // running statistics are those of the weights that stay
    training.mean_loss(batch, again, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    at::_foreach_copy_(uphill.weights, here);

    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    rates_.each(reached, options_.learning_rate(training.step()),
                [&](timetrial::GradientList& part, const timetrial::Rates& rates) {
                  adamw_.step(part, rates.rate, rates.weight_decay);
                });
  }

  void save(timetrial::StateWriter& out) const override { adamw_.save(out); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    adamw_.load(in);
  }

 private:
  /// Keeps the weights in `here`, then moves them by rho along the gradient of all. Where
  /// that is zero they stay.
  void climb(timetrial::GradientList& uphill, std::vector<at::Tensor>& here) const {
    if (uphill.weights.empty()) return;
    const at::NoGradGuard no_grad;
    at::_foreach_copy_(here, uphill.weights);
    const double length = timetrial::global_norm(uphill.gradients);
    if (!(length > 0)) return;
    timetrial::add_scaled(uphill.weights, uphill.gradients,
                          std::vector<double>(uphill.weights.size(), rho_ / length));
  }

  double rho_ = 0;
  timetrial::BaselineOptions options_;
  timetrial::RateGroups rates_;
  timetrial::AdamW adamw_;
  // In the order of Training::parameters(): the weights while others are in their place.
  std::vector<at::Tensor> here_;
};

}  // namespace

TIMETRIAL_SUBMISSION(Sam, "sam", "Timetrial authors")
