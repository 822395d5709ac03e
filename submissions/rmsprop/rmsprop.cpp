// RMSprop: steps divided by the root of a moving average of squared gradients.
// Source  Tieleman and Hinton 2012, lecture 6.5 of "Neural Networks for Machine Learning"; the same
//         arithmetic as torch.optim.RMSprop, with weight decay in the gradient
// State   one average per parameter, and a momentum if there is one
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/stability_threshold.h>
#include <timetrial/update_rules.h>

#include <ATen/core/grad_mode.h>

#include <utility>

namespace {

class RmsProp final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    alpha_ = read.fraction("alpha", 0.99);
    momentum_factor_ = read.fraction("momentum", 0);
    epsilon_ = read.positive("epsilon", 1e-8);
    options_ = timetrial::read_baseline(read, training.workload());
    read.finish();
    squares_ = timetrial::zeros_like_parameters(training);
    if (momentum_factor_ != 0) momentum_ = timetrial::zeros_like_parameters(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    const bool heavy = momentum_factor_ != 0;
    timetrial::rmsprop_update(reached.weights, reached.gradients, reached.of(squares_),
                              heavy ? reached.of(momentum_) : std::vector<at::Tensor>(),
                              {.rate = options_.learning_rate(training.step()),
                               .alpha = alpha_,
                               .epsilon = epsilon_,
                               .weight_decay = options_.weight_decay,
                               .momentum = momentum_factor_});
  }

  std::optional<timetrial::Preconditioner> preconditioner(
      const timetrial::Training& training) const override {
    if (training.step() == 0) return {};
    std::vector<at::Tensor> roots;
    for (const auto& squares : squares_) roots.push_back(squares.sqrt().add_(epsilon_));
    const double rate = options_.learning_rate(training.step());
    return timetrial::diagonal_preconditioner(
        std::move(roots), timetrial::heavy_ball_threshold(rate, momentum_factor_));
  }

  void save(timetrial::StateWriter& out) const override {
    out.put("squares", squares_);
    out.put("momentum", momentum_);
  }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "squares", squares_);
    timetrial::load_into(in, "momentum", momentum_);
  }

 private:
  double alpha_ = 0, momentum_factor_ = 0, epsilon_ = 0;
  timetrial::BaselineOptions options_;
  // In the order of Training::parameters(); no momentum where its factor is 0.
  std::vector<at::Tensor> squares_, momentum_;
};

}  // namespace

TIMETRIAL_SUBMISSION(RmsProp, "rmsprop", "Timetrial authors")
