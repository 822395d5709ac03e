// Momentum: gradient descent with a heavy ball, with weight decay in the gradient.
// Source  Polyak 1964, "Some methods of speeding up the convergence of iteration methods", in the
//         form of torch.optim.SGD(momentum=…)
// State   one momentum tensor per parameter
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/rate_groups.h>
#include <timetrial/stability_threshold.h>
#include <timetrial/update_rules.h>

#include <ATen/core/grad_mode.h>

#include <utility>

namespace {

class Momentum final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    // AlgoPerf's points call it beta1.
    momentum_factor_ = read.fraction(read.contains("beta1") ? "beta1" : "momentum", 0.9);
    options_ =
        timetrial::read_baseline(read, training.workload(), timetrial::DefaultDecay::by_factors);
    rates_ = timetrial::RateGroups(read, options_, timetrial::RateGroups::Decay::in_the_gradient);
    read.finish();
    rates_.init(training);
    momentum_ = timetrial::zeros_like_parameters(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    // From zero, the first step is the one that PyTorch takes from an absent buffer.
    rates_.each(reached, options_.learning_rate(training.step()),
                [&](timetrial::GradientList& part, const timetrial::Rates& rates) {
                  timetrial::momentum_update(part.weights, part.gradients, part.of(momentum_),
                                             {.rate = rates.rate,
                                              .momentum = momentum_factor_,
                                              .weight_decay = rates.weight_decay});
                });
  }

  std::optional<timetrial::Preconditioner> preconditioner(
      const timetrial::Training& training) const override {
    // A parameter with a rate of its own has its factor in the preconditioner.
    std::vector<at::Tensor> divisors = timetrial::zeros_like_parameters(training);
    for (std::size_t i = 0; i < divisors.size(); ++i) divisors[i].fill_(1 / rates_.of(i, 1).rate);
    const double rate = options_.learning_rate(training.step());
    return timetrial::diagonal_preconditioner(
        std::move(divisors), timetrial::heavy_ball_threshold(rate, momentum_factor_));
  }

  void save(timetrial::StateWriter& out) const override { out.put("momentum", momentum_); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "momentum", momentum_);
  }

 private:
  double momentum_factor_ = 0;
  timetrial::BaselineOptions options_;
  timetrial::RateGroups rates_;
  std::vector<at::Tensor> momentum_;  // in the order of Training::parameters()
};

}  // namespace

TIMETRIAL_SUBMISSION(Momentum, "momentum", "Timetrial authors")
