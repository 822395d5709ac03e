// Lion: step along the sign of an interpolated momentum, with decoupled weight decay.
// Source  Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", Algorithm 2
// State   one momentum tensor per parameter: same shape, dtype and device
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/rate_groups.h>
#include <timetrial/update_rules.h>

#include <ATen/core/grad_mode.h>

namespace {

class Lion final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    beta1_ = read.fraction("beta1", 0.9);
    beta2_ = read.fraction("beta2", 0.99);
    options_ = timetrial::read_baseline(read, training.workload());
    rates_ = timetrial::RateGroups(read, options_);
    read.finish();
    rates_.init(training);
    momentum_ = timetrial::zeros_like_parameters(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    rates_.each(reached, options_.learning_rate(training.step()),
                [&](timetrial::GradientList& part, const timetrial::Rates& rates) {
                  timetrial::lion_update(part.weights, part.gradients, part.of(momentum_),
                                         {.rate = rates.rate,
                                          .beta1 = beta1_,
                                          .beta2 = beta2_,
                                          .weight_decay = rates.weight_decay});
                });
  }

  void save(timetrial::StateWriter& out) const override { out.put("momentum", momentum_); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "momentum", momentum_);
  }

 private:
  double beta1_ = 0, beta2_ = 0;
  timetrial::BaselineOptions options_;
  timetrial::RateGroups rates_;
  std::vector<at::Tensor> momentum_;  // in the order of Training::parameters()
};

}  // namespace

TIMETRIAL_SUBMISSION(Lion, "lion", "Timetrial authors")
