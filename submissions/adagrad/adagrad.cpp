// Adagrad: steps divided by the root of all squared gradients so far.
// Source  Duchi, Hazan and Singer 2011, "Adaptive Subgradient Methods", in the diagonal form; the
//         same arithmetic as torch.optim.Adagrad, with weight decay in the gradient
// State   one sum per parameter
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/stability_threshold.h>
#include <timetrial/step_diagnostics.h>
#include <timetrial/update_rules.h>

#include <ATen/core/grad_mode.h>

#include <utility>

namespace {

class Adagrad final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    epsilon_ = read.positive("epsilon", 1e-10);
    const double initial = read.non_negative("initial_accumulator", 0);
    options_ = timetrial::read_baseline(read, training.workload());
    diagnostics_ = timetrial::StepDiagnostics(read);
    read.finish();
    sums_ = timetrial::zeros_like_parameters(training);
    for (auto& sum : sums_) sum.fill_(initial);
    diagnostics_.init(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    diagnostics_.before(reached);
    timetrial::adagrad_update(reached.weights, reached.gradients, reached.of(sums_),
                              {.rate = options_.learning_rate(training.step()),
                               .epsilon = epsilon_,
                               .weight_decay = options_.weight_decay});
    diagnostics_.after(reached, reached.clip_factors);
  }

  void prepare_for_eval(timetrial::Training& training) override { diagnostics_.report(training); }

  std::optional<timetrial::Preconditioner> preconditioner(
      const timetrial::Training& training) const override {
    if (training.step() == 0) return {};
    std::vector<at::Tensor> roots;
    for (const auto& sum : sums_) roots.push_back(sum.sqrt().add_(epsilon_));
    const double rate = options_.learning_rate(training.step());
    return timetrial::diagonal_preconditioner(std::move(roots),
                                              timetrial::heavy_ball_threshold(rate, 0));
  }

  void save(timetrial::StateWriter& out) const override { out.put("sums", sums_); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "sums", sums_);
  }

 private:
  double epsilon_ = 0;
  timetrial::BaselineOptions options_;
  timetrial::StepDiagnostics diagnostics_;
  std::vector<at::Tensor> sums_;  // of squared gradients, in the order of Training::parameters()
};

}  // namespace

TIMETRIAL_SUBMISSION(Adagrad, "adagrad", "Timetrial authors")
