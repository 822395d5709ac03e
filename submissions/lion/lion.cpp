// Lion: step along the sign of an interpolated momentum, with decoupled weight decay.
// Source  Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", Algorithm 2
// State   one momentum tensor per parameter: same shape, dtype and device
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
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
    read.finish();
    momentum_ = timetrial::zeros_like_parameters(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    timetrial::lion_update(reached.weights, reached.gradients, reached.of(momentum_),
                           {.rate = options_.learning_rate(training.step()),
                            .beta1 = beta1_,
                            .beta2 = beta2_,
                            .weight_decay = options_.weight_decay});
  }

  void save(timetrial::StateWriter& out) const override { out.put("momentum", momentum_); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "momentum", momentum_);
  }

 private:
  double beta1_ = 0, beta2_ = 0;
  timetrial::BaselineOptions options_;
  std::vector<at::Tensor> momentum_;  // in the order of Training::parameters()
};

}  // namespace

TIMETRIAL_SUBMISSION(Lion, "lion", "Timetrial authors")
