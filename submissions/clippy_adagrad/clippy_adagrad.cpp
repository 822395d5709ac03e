// Clippy over Adagrad: no weight moves by more than a share of itself and a floor.
// Source  Tang et al. 2023, "Improving Training Stability for Multitask Ranking Models in
//         Recommender Systems", Algorithm 1; with published_form, the authors' class in TensorFlow
//         Recommenders (experimental/optimizers/clippy_adagrad.py)
// State   one sum per parameter
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/clippy.h>
#include <timetrial/gradient_list.h>
#include <timetrial/step_diagnostics.h>

#include <ATen/core/grad_mode.h>

#include <stdexcept>

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
  }

  void prepare_for_eval(timetrial::Training& training) override { diagnostics_.report(training); }

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
  std::vector<at::Tensor> sums_;  // of squared gradients, in the order of Training::parameters()
};

}  // namespace

TIMETRIAL_SUBMISSION(ClippyAdagrad, "clippy_adagrad", "Timetrial authors")
