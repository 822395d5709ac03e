// Muon: steps of matrices are made orthogonal; everything else has AdamW.
// Source  Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; the same
//         arithmetic as torch.optim.Muon with its original scale. A convolution's kernel counts as
//         a matrix [out, the rest]
// State   a momentum per matrix; two moments and the number of updates per other parameter
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/submission.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_fused_adamw.h>
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

class Muon final : public timetrial::Submission {
 public:
  std::int64_t batch_size(const timetrial::WorkloadInfo& workload) const override {
    return timetrial::baseline_batch_size(workload);
  }

  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    momentum_factor_ = read.fraction("momentum", 0.95);
    beta1_ = read.fraction("beta1", 0.9);
    beta2_ = read.fraction("beta2", 0.999);
    epsilon_ = read.positive("epsilon", 1e-8);
    options_ = timetrial::read_baseline(read, training.workload());
    adam_rate_ = read.positive("adam_learning_rate", options_.peak_learning_rate / 10);
    adam_decay_ = read.non_negative("adam_weight_decay", 0);
    read.finish();
    first_ = timetrial::zeros_like_parameters(training);
    for (const auto& parameter : training.parameters()) {
      const auto options = parameter.tensor.options().requires_grad(false);
      is_matrix_.push_back(parameter.tensor.dim() >= 2 &&
                           parameter.type != timetrial::ParameterType::embedding);
      second_.push_back(is_matrix_.back() ? at::zeros({0}, options)
                                          : at::zeros_like(parameter.tensor, options));
      updates_.push_back(at::zeros({}, options.dtype(at::kFloat)));
    }
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
    if (!others.places.empty()) step_others(others, adam_rate_ * schedule);
  }

  void save(timetrial::StateWriter& out) const override {
    out.put("first", first_);
    out.put("second", second_);
    out.put("updates", updates_);
  }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    first_ = in.tensors("first");
    second_ = in.tensors("second");
    updates_ = in.tensors("updates");
  }

 private:
  void step_matrices(const timetrial::GradientList& list, double rate) {
    auto momentum = list.of(first_);
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

  void step_others(timetrial::GradientList& list, double rate) {
    auto first = list.of(first_), second = list.of(second_), updates = list.of(updates_);
    at::_foreach_add_(updates, 1);
    at::_fused_adamw_(list.weights, list.gradients, first, second, /*max_exp_avg_sqs=*/{}, updates,
                      rate, beta1_, beta2_, adam_decay_, epsilon_, /*amsgrad=*/false,
                      /*maximize=*/false);
  }

  double momentum_factor_ = 0, adam_rate_ = 0, adam_decay_ = 0, beta1_ = 0, beta2_ = 0,
         epsilon_ = 0;
  timetrial::BaselineOptions options_;
  // Each in the order of Training::parameters().
  std::vector<bool> is_matrix_;
  std::vector<at::Tensor> first_;    // momentum of a matrix, else first moment
  std::vector<at::Tensor> second_;   // empty for a matrix
  std::vector<at::Tensor> updates_;  // float32 scalars, as the fused operation wants them
};

}  // namespace

TIMETRIAL_SUBMISSION(Muon, "muon", "Timetrial authors")
