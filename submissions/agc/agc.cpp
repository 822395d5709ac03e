// AGC: Nesterov's momentum on gradients that are clipped unit by unit.
// Source  Brock et al. 2021, "High-Performance Large-Scale Image Recognition Without Normalization"
//         (arXiv 2102.06171), section 4; the momentum as torch.optim.SGD(nesterov=True)
// State   one momentum tensor per parameter
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/update_rules.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_vector_norm.h>

namespace {

constexpr double kShortestGradient = 1e-6;

/// The length of each output unit's row, of shape [out, 1, …]: the first dimension of a matrix or
/// kernel counts the units.
at::Tensor unit_lengths(const at::Tensor& x) {
  std::vector<std::int64_t> others;
  for (std::int64_t dim = 1; dim < x.dim(); ++dim) others.push_back(dim);
  return at::linalg_vector_norm(x, 2, others, /*keepdim=*/true);
}

class Agc final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    momentum_factor_ = read.inner_fraction("momentum", 0.9);
    clip_ = read.positive("clip", 0.01);
    shortest_weight_ = read.positive("clip_epsilon", 1e-3);
    options_ = timetrial::read_baseline(read, training.workload());
    read.finish();
    momentum_ = timetrial::zeros_like_parameters(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    for (std::size_t i = 0; i < reached.gradients.size(); ++i) {
      clip(reached.weights[i], reached.gradients[i]);
    }
    timetrial::momentum_update(reached.weights, reached.gradients, reached.of(momentum_),
                               {.rate = options_.learning_rate(training.step()),
                                .momentum = momentum_factor_,
                                .weight_decay = options_.weight_decay,
                                .nesterov = true});
  }

  void save(timetrial::StateWriter& out) const override { out.put("momentum", momentum_); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "momentum", momentum_);
  }

 private:
  /// Biases and gains, which have no units, stay as they are.
  void clip(const at::Tensor& weight, at::Tensor& gradient) const {
    if (weight.dim() < 2 || weight.numel() == 0) return;
    const at::Tensor allowed = unit_lengths(weight).clamp_min_(shortest_weight_).mul_(clip_);
    gradient.mul_(allowed.div_(unit_lengths(gradient).clamp_min_(kShortestGradient)).clamp_max_(1));
  }

  double momentum_factor_ = 0, clip_ = 0, shortest_weight_ = 0;
  timetrial::BaselineOptions options_;
  std::vector<at::Tensor> momentum_;  // in the order of Training::parameters()
};

}  // namespace

TIMETRIAL_SUBMISSION(Agc, "agc", "Timetrial authors")
