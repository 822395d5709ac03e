// Muon: steps of matrices are made orthogonal; everything else has AdamW.
// Source  Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; the same
//         arithmetic as torch.optim.Muon. Its other scale is from Liu et al. 2025, "Muon is
//         Scalable for LLM Training" (arXiv 2502.16982), section 2.2. A convolution's kernel counts
//         as a matrix [out, the rest]
// State   a momentum per matrix; two moments and the number of updates per other parameter
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/adam.h>
#include <timetrial/baseline.h>
#include <timetrial/blocks.h>
#include <timetrial/gradient_list.h>
#include <timetrial/matrix_functions.h>
#include <timetrial/rate_groups.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_mul.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace {

// The root mean square that AdamW's steps at a rate of 1 mostly have; an orthogonal step's is the
// reciprocal root of the longer side (Liu et al. 2025, section 2.2).
constexpr double kRmsOfAdamW = 0.2;

/// Of the matrices of one shape; a row for each.
struct State {
  at::Tensor momentum;
  std::vector<at::Tensor*> tensors() { return {&momentum}; }
};

/// A matrix [out, the rest] for every parameter that counts as one.
std::optional<timetrial::Blocking> as_matrix(const timetrial::Parameter& parameter) {
  if (parameter.tensor.dim() < 2 || timetrial::is_embedding_table(parameter)) return {};
  const std::int64_t rows = parameter.tensor.size(0);
  return timetrial::Blocking{{rows, parameter.tensor.numel() / rows}};
}

class Muon final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    momentum_factor_ = read.fraction("momentum", 0.95);
    nesterov_ = read.choice("nesterov", 1, 1) == 1;
    matches_adamw_ = read.choice("match_rms_adamw", 1, 0) == 1;
    const auto adam = timetrial::read_adam(read);
    options_ = timetrial::read_baseline(read, training.workload());
    options_.weight_decay =
        timetrial::read_decay_form(read, options_.peak_learning_rate, options_.weight_decay);
    adam_rate_ = read.positive("adam_learning_rate", options_.peak_learning_rate / 10);
    adam_decay_ =
        timetrial::read_decay_form(read, adam_rate_, read.non_negative("adam_weight_decay", 0));
    read.finish();
    matrices_.init(training.parameters(), as_matrix);
    is_matrix_.assign(training.parameters().size(), false);
    for (const auto& stack : matrices_.stacks()) {
      states_.push_back({stack.zeros()});
      for (const auto& member : stack.members) is_matrix_[member.parameter] = true;
    }
    std::vector<bool> others = is_matrix_;
    others.flip();
    adamw_.init(training, adam, others);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    const auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    const double schedule = options_.schedule.factor(training.step());
    const double rate = options_.peak_learning_rate * schedule;
    matrices_.update(reached, states_, [&](State& state, timetrial::StackRows& rows) {
      step_matrices(state, rows, rate);
    });
    timetrial::GradientList others;
    for (std::size_t i = 0; i < reached.places.size(); ++i) {
      if (is_matrix_[reached.places[i]]) continue;
      others.places.push_back(reached.places[i]);
      others.weights.push_back(reached.weights[i]);
      others.gradients.push_back(reached.gradients[i]);
    }
    if (!others.places.empty()) adamw_.step(others, adam_rate_ * schedule, adam_decay_);
  }

  void save(timetrial::StateWriter& out) const override {
    timetrial::save_states(out, "momentum", states_);
    adamw_.save(out);
  }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_states(in, "momentum", states_);
    adamw_.load(in);
  }

 private:
  void step_matrices(State& state, timetrial::StackRows& rows, double rate) {
    at::Tensor& momentum = state.momentum;
    momentum.lerp_(rows.gradients, 1 - momentum_factor_);
    const at::Tensor ahead = nesterov_ ? rows.gradients.lerp(momentum, momentum_factor_) : momentum;
    const auto height = static_cast<double>(ahead.size(1));
    const auto width = static_cast<double>(ahead.size(2));
    const double scale = matches_adamw_ ? kRmsOfAdamW * std::sqrt(std::max(height, width))
                                        : std::sqrt(std::max(1.0, height / width));
    at::_foreach_mul_(rows.weights, 1 - rate * options_.weight_decay);
    rows.add_to_weights(timetrial::newton_schulz(ahead), -rate * scale);
  }

  bool nesterov_ = true, matches_adamw_ = false;
  double momentum_factor_ = 0, adam_rate_ = 0, adam_decay_ = 0;
  timetrial::BaselineOptions options_;
  timetrial::AdamW adamw_;  // of all but matrices
  timetrial::Blocks matrices_;
  std::vector<State> states_;    // in the order of the stacks
  std::vector<bool> is_matrix_;  // in the order of Training::parameters()
};

}  // namespace

TIMETRIAL_SUBMISSION(Muon, "muon", "Timetrial authors")
