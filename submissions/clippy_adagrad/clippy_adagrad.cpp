// Clippy over Adagrad: no weight moves by more than a share of itself and a floor.
// Source  Tang et al. 2023, "Improving Training Stability for Multitask Ranking Models in
//         Recommender Systems", Algorithm 1; with published_form, the authors' class in TensorFlow
//         Recommenders (experimental/optimizers/clippy_adagrad.py)
// State   one sum per parameter
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/clippy.h>
#include <timetrial/gradient_list.h>
#include <timetrial/stability_threshold.h>
#include <timetrial/step_diagnostics.h>

#include <ATen/core/grad_mode.h>

#include <stdexcept>
#include <utility>

namespace {

class ClippyAdagrad final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    clippy_ = timetrial::read_clippy(read);
    epsilon_ = read.positive("epsilon", 1e-10);
    by_root_ = read.non_negative("lambda_acc", 0);
    published_ = read.choice("published_form", 1, 0) == 1;
    clips_sums_ = read.choice("clip_accumulator", 1, 0) == 1;
    const double initial = read.non_negative("initial_accumulator", 0.1);
    options_ = timetrial::read_baseline(read, training.workload());
    diagnostics_ = timetrial::StepDiagnostics(read);
    read.finish();
    if (clips_sums_ && !published_) {
      // The paper's form adds the gradient before the factor is known.
      throw std::invalid_argument("clip_accumulator = 1, expected 0 unless published_form = 1");
    }
    sums_ = timetrial::zeros_like_parameters(training);
    for (auto& sum : sums_) sum.fill_(initial);
    diagnostics_.init(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    diagnostics_.before(reached);
    const auto factors =
        timetrial::clippy_adagrad_update(reached.weights, reached.gradients, reached.of(sums_),
                                         timetrial::clipped(training, reached, clippy_),
                                         {.rate = options_.learning_rate(training.step()),
                                          .epsilon = epsilon_,
                                          .weight_decay = options_.weight_decay,
                                          .by_root = by_root_,
                                          .published = published_,
                                          .clips_sums = clips_sums_},
                                         clippy_.bound);
    diagnostics_.after(reached, factors);
    factors_.assign(sums_.size(), 1);
    for (std::size_t i = 0; i < factors.size(); ++i) factors_[reached.places[i]] = factors[i];
  }

  void prepare_for_eval(timetrial::Training& training) override { diagnostics_.report(training); }

  std::optional<timetrial::Preconditioner> preconditioner(
      const timetrial::Training& training) const override {
    if (factors_.empty()) return {};
    std::vector<at::Tensor> roots;
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      const at::Tensor root =
          published_ ? sums_[i].add(epsilon_).sqrt_() : sums_[i].sqrt().add_(epsilon_);
      roots.push_back(root.div(factors_[i]));
    }
    const double rate = options_.learning_rate(training.step());
    return timetrial::diagonal_preconditioner(std::move(roots),
                                              timetrial::heavy_ball_threshold(rate, 0));
  }

  void save(timetrial::StateWriter& out) const override { out.put("sums", sums_); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "sums", sums_);
  }

 private:
  double epsilon_ = 0, by_root_ = 0;
  bool published_ = false, clips_sums_ = false;
  timetrial::BaselineOptions options_;
  timetrial::ClippyOptions clippy_;
  timetrial::StepDiagnostics diagnostics_;
  /// Of the last update, in the same order: for preconditioner() alone, so not part of the state.
  std::vector<double> factors_;
  std::vector<at::Tensor> sums_;  // of squared gradients, in the order of Training::parameters()
};

}  // namespace

TIMETRIAL_SUBMISSION(ClippyAdagrad, "clippy_adagrad", "Timetrial authors")
