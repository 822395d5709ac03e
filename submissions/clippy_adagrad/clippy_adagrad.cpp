// Clippy over Adagrad: no weight moves by more than a share of itself and a floor.
// Source  Tang et al. 2023, "Improving Training Stability for Multitask Ranking Models in
//         Recommender Systems", Algorithm 1; with published_form, the authors' class in TensorFlow
//         Recommenders (experimental/optimizers/clippy_adagrad.py)
// State   one sum per parameter
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/clippy.h>
#include <timetrial/gradient_list.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcmul.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_reciprocal.h>
#include <ATen/ops/_foreach_sqrt.h>

#include <stdexcept>

namespace {

class ClippyAdagrad final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    clippy_.init(training, timetrial::read_clippy(read));
    epsilon_ = read.positive("epsilon", 1e-10);
    by_root_ = read.non_negative("lambda_acc", 0);
    published_ = read.choice("published_form", 1, 0) == 1;
    clips_sums_ = read.choice("clip_accumulator", 1, 0) == 1;
    const double initial = read.non_negative("initial_accumulator", 0.1);
    options_ = timetrial::read_baseline(read, training.workload());
    read.finish();
    if (clips_sums_ && !published_) {
      // The paper's form adds the gradient before the factor is known.
      throw std::invalid_argument("clip_accumulator = 1, expected 0 unless published_form = 1");
    }
    sums_ = timetrial::zeros_like_parameters(training);
    for (auto& sum : sums_) sum.fill_(initial);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training);
    if (reached.weights.empty()) return;
    auto sums = reached.of(sums_);
    auto& gradients = reached.gradients;
    if (options_.weight_decay != 0) {
      at::_foreach_add_(gradients, reached.weights, options_.weight_decay);
    }
    if (!published_) at::_foreach_addcmul_(sums, gradients, gradients, 1);
    const auto root = roots(sums);
    auto steps = at::_foreach_div(gradients, root);
    at::_foreach_mul_(steps, options_.learning_rate(training.step()));
    const auto factors = clippy_.factors(reached, steps, allowance(root));
    if (published_) {
      if (clips_sums_) at::_foreach_mul_(gradients, factors);
      at::_foreach_addcmul_(sums, gradients, gradients, 1);
    }
    at::_foreach_mul_(steps, factors);
    at::_foreach_add_(reached.weights, steps, -1);
  }

  void save(timetrial::StateWriter& out) const override { out.put("sums", sums_); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "sums", sums_);
  }

 private:
  /// What a gradient is divided by. Epsilon is inside the root in the published form.
  std::vector<at::Tensor> roots(const std::vector<at::Tensor>& sums) const {
    if (published_) {
      auto shifted = at::_foreach_add(sums, epsilon_);
      at::_foreach_sqrt_(shifted);
      return shifted;
    }
    auto root = at::_foreach_sqrt(sums);
    at::_foreach_add_(root, epsilon_);
    return root;
  }

  /// How far a coordinate may move because its sum is small; empty without lambda_acc.
  std::vector<at::Tensor> allowance(const std::vector<at::Tensor>& root) const {
    if (by_root_ == 0) return {};
    auto result = at::_foreach_reciprocal(root);
    at::_foreach_mul_(result, by_root_);
    return result;
  }

  double epsilon_ = 0, by_root_ = 0;
  bool published_ = false, clips_sums_ = false;
  timetrial::BaselineOptions options_;
  timetrial::Clippy clippy_;
  std::vector<at::Tensor> sums_;  // of squared gradients, in the order of Training::parameters()
};

}  // namespace

TIMETRIAL_SUBMISSION(ClippyAdagrad, "clippy_adagrad", "Timetrial authors")
