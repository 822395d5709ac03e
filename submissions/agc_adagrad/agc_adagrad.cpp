// AGC over Adagrad: gradients are no longer than a share of the weights that they move, unit by
// unit or tensor by tensor, before they enter Adagrad. Source  Brock et al. 2021, "High-Performance
// Large-Scale Image Recognition Without Normalization"
//         (arXiv 2102.06171), section 4; on Adagrad, and tensor by tensor, as a rival of Clippy in
//         Tang et al. 2023, "Improving Training Stability for Multitask Ranking Models in
//         Recommender Systems" (arXiv 2302.09178)
// State   one sum per parameter
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/adaptive_clip.h>
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/step_diagnostics.h>
#include <timetrial/update_rules.h>

#include <ATen/core/grad_mode.h>

namespace {

class AgcAdagrad final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    clip_ = timetrial::read_adaptive_clip(read);
    epsilon_ = read.positive("epsilon", 1e-10);
    const double initial = read.non_negative("initial_accumulator", 0.1);
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
    const auto factors = clip(training, reached);
    timetrial::adagrad_update(reached.weights, reached.gradients, reached.of(sums_),
                              {.rate = options_.learning_rate(training.step()),
                               .epsilon = epsilon_,
                               .weight_decay = options_.weight_decay});
    diagnostics_.after(reached, factors);
  }

  void prepare_for_eval(timetrial::Training& training) override { diagnostics_.report(training); }

  void save(timetrial::StateWriter& out) const override { out.put("sums", sums_); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "sums", sums_);
  }

 private:
  /// For each gradient what its units were multiplied with; undefined where it stays as it is.
  std::vector<at::Tensor> clip(const timetrial::Training& training,
                               timetrial::GradientList& reached) const {
    std::vector<at::Tensor> factors(reached.gradients.size());
    for (std::size_t i = 0; i < factors.size(); ++i) {
      if (!clip_.clips(training.parameters()[reached.places[i]])) continue;
      factors[i] = timetrial::clip_adaptively(clip_, reached.weights[i], reached.gradients[i]);
    }
    return factors;
  }

  double epsilon_ = 0;
  timetrial::AdaptiveClip clip_;
  timetrial::BaselineOptions options_;
  timetrial::StepDiagnostics diagnostics_;
  std::vector<at::Tensor> sums_;  // of squared gradients, in the order of Training::parameters()
};

}  // namespace

TIMETRIAL_SUBMISSION(AgcAdagrad, "agc_adagrad", "Timetrial authors")
