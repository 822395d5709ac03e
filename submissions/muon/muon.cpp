// Muon: steps of matrices are made orthogonal; everything else has AdamW.
// Source  Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; the same
//         arithmetic as torch.optim.Muon with its original scale. A convolution's kernel counts as
//         a matrix [out, the rest]
// State   a momentum per matrix; two moments and the number of updates per other parameter
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/adam.h>
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>

namespace {

// Of the quintic polynomial, chosen for the steepest slope at zero: singular values come to lie
// between about 0.7 and 1.2, not at 1.
constexpr double kA = 3.4445, kB = -4.7750, kC = 2.0315;
constexpr int kIterations = 5;
constexpr double kShortest = 1e-7;

/// An orthogonal matrix near x [rows, columns], in bfloat16.
at::Tensor orthogonalised(const at::Tensor& x) {
  const bool tall = x.size(0) > x.size(1);
  at::Tensor result = x.to(at::kBFloat16);
  if (tall) result = result.t();
  result = result.div(result.norm().clamp_min(kShortest));
  for (int i = 0; i < kIterations; ++i) {
    const at::Tensor gram = at::mm(result, result.t());
    result = at::addmm(result, at::addmm(gram, gram, gram, kB, kC), result, kA);
  }
  return tall ? result.t() : result;
}

class Muon final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    momentum_factor_ = read.fraction("momentum", 0.95);
    const auto adam = timetrial::read_adam(read);
    options_ = timetrial::read_baseline(read, training.workload());
    adam_rate_ = read.positive("adam_learning_rate", options_.peak_learning_rate / 10);
    adam_decay_ = read.non_negative("adam_weight_decay", 0);
    read.finish();
    std::vector<bool> others;
    for (const auto& parameter : training.parameters()) {
      const bool matrix =
          parameter.tensor.dim() >= 2 && parameter.type != timetrial::ParameterType::embedding;
      others.push_back(!matrix);
      momentum_.push_back(matrix ? at::zeros_like(parameter.tensor.detach())
                                 : at::zeros({0}, parameter.tensor.options().requires_grad(false)));
    }
    adamw_.init(training, adam, others);
    is_matrix_ = std::move(others);
    is_matrix_.flip();
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    const auto reached = timetrial::take_gradients(training);
    timetrial::GradientList matrices, others;
    for (std::size_t i = 0; i < reached.places.size(); ++i) {
      auto& list = is_matrix_[reached.places[i]] ? matrices : others;
      list.places.push_back(reached.places[i]);
      list.weights.push_back(reached.weights[i]);
      list.gradients.push_back(reached.gradients[i]);
    }
    const double schedule = options_.schedule.factor(training.step());
    if (!matrices.places.empty()) step_matrices(matrices, options_.peak_learning_rate * schedule);
    if (!others.places.empty()) adamw_.step(others, adam_rate_ * schedule, adam_decay_);
  }

  void save(timetrial::StateWriter& out) const override {
    out.put("momentum", momentum_);
    adamw_.save(out);
  }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "momentum", momentum_);
    adamw_.load(in);
  }

 private:
  void step_matrices(const timetrial::GradientList& list, double rate) {
    auto momentum = list.of(momentum_);
    at::_foreach_lerp_(momentum, list.gradients, 1 - momentum_factor_);
    const auto ahead = at::_foreach_lerp(list.gradients, momentum, momentum_factor_);
    for (std::size_t i = 0; i < ahead.size(); ++i) {
      at::Tensor weight = list.weights[i];
      if (weight.numel() == 0) continue;
      const at::Tensor matrix = ahead[i].flatten(1);
      const double rows_over_columns =
          static_cast<double>(matrix.size(0)) / static_cast<double>(matrix.size(1));
      const double scale = std::sqrt(std::max(1.0, rows_over_columns));
      weight.mul_(1 - rate * options_.weight_decay);
      weight.add_(orthogonalised(matrix).view_as(weight), -rate * scale);
    }
  }

  double momentum_factor_ = 0, adam_rate_ = 0, adam_decay_ = 0;
  timetrial::BaselineOptions options_;
  timetrial::AdamW adamw_;  // of all but matrices
  // Each in the order of Training::parameters().
  std::vector<bool> is_matrix_;
  std::vector<at::Tensor> momentum_;  // empty but for a matrix
};

}  // namespace

TIMETRIAL_SUBMISSION(Muon, "muon", "Timetrial authors")
