// LAMB's scaling over Adagrad: each tensor's step is as long as its weights times the rate.
// Source  the scaling of You et al. 2020, "Large Batch Optimization for Deep Learning: Training
// BERT
//         in 76 minutes" (arXiv 1904.00962), on Adagrad's step, as a rival of Clippy in Tang et al.
//         2023, "Improving Training Stability for Multitask Ranking Models in Recommender Systems"
//         (arXiv 2302.09178)
// State   one sum per parameter
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/step_diagnostics.h>
#include <timetrial/update_rules.h>

#include <ATen/core/grad_mode.h>

namespace {

class LambAdagrad final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    epsilon_ = read.positive("epsilon", 1e-10);
    scales_tables_ = read.choice("scale_embeddings", 1, 0) == 1;
    const double initial = read.non_negative("initial_accumulator", 0.1);
    options_ = timetrial::read_baseline(read, training.workload());
    diagnostics_ = timetrial::StepDiagnostics(read);
    read.finish();
    sums_ = timetrial::zeros_like_parameters(training);
    for (auto& sum : sums_) sum.fill_(initial);
    diagnostics_.init(training, "trust_ratio");
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    diagnostics_.before(reached);
    become_directions(reached);
    const auto ratios = trust_ratios(training, reached);
    std::vector<double> scales;
    for (const double ratio : ratios) {
      scales.push_back(-options_.learning_rate(training.step()) * ratio);
    }
    timetrial::add_scaled(reached.weights, reached.gradients, scales);
    diagnostics_.after(reached, ratios);
  }

  void prepare_for_eval(timetrial::Training& training) override { diagnostics_.report(training); }

  void save(timetrial::StateWriter& out) const override { out.put("sums", sums_); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "sums", sums_);
  }

 private:
  /// Adagrad's step before the rate, in the place of the gradients.
  void become_directions(timetrial::GradientList& reached) const {
    const auto sums = reached.of(sums_);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      at::Tensor& gradient = reached.gradients[i];
      if (options_.weight_decay > 0) gradient.add_(reached.weights[i], options_.weight_decay);
      sums[i].addcmul_(gradient, gradient);
      gradient.div_(sums[i].sqrt().add_(epsilon_));
    }
  }

  /// |w| / |r| of each tensor, 1 where either is 0, and for tables that move freely.
  std::vector<double> trust_ratios(const timetrial::Training& training,
                                   const timetrial::GradientList& reached) const {
    auto ratios = timetrial::norms(reached.weights);
    const auto directions = timetrial::norms(reached.gradients);
    for (std::size_t i = 0; i < ratios.size(); ++i) {
      const auto& parameter = training.parameters()[reached.places[i]];
      const bool scaled = scales_tables_ || !timetrial::is_embedding_table(parameter);
      // Not-a-number goes on into the weights, as in Adagrad.
      ratios[i] = !scaled || ratios[i] == 0 || directions[i] == 0 ? 1 : ratios[i] / directions[i];
    }
    return ratios;
  }

  double epsilon_ = 0;
  bool scales_tables_ = false;
  timetrial::BaselineOptions options_;
  timetrial::StepDiagnostics diagnostics_;
  std::vector<at::Tensor> sums_;  // of squared gradients, in the order of Training::parameters()
};

}  // namespace

TIMETRIAL_SUBMISSION(LambAdagrad, "lamb_adagrad", "Timetrial authors")
