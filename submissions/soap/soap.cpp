// SOAP: Adam in the eigenbasis of Shampoo's preconditioner.
// Source  Vyas et al. 2024, "SOAP: Improving and Stabilizing Shampoo using Adam" (arXiv
//         2409.11321), Algorithm 3; the same arithmetic as the authors' implementation in its
//         defaults. The first update only sets up the bases: no weight moves
// State   two moments per parameter; per side of a matrix or kernel the mean outer product of its
//         gradients and the basis; the number of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/adam.h>
#include <timetrial/baseline.h>
#include <timetrial/blocks.h>
#include <timetrial/gradient_list.h>
#include <timetrial/matrix_functions.h>
#include <timetrial/rate_groups.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/eye.h>

#include <cmath>

namespace {

constexpr double kSmallest = 1e-30;  // added to the diagonal before the first decomposition

/// Of the parameters of one shape; a row for each.
struct State {
  at::Tensor first, second;                // moments, in the bases
  std::vector<at::Tensor> factors, bases;  // by side; undefined for one that is left as it is

  std::vector<at::Tensor*> tensors() {
    std::vector<at::Tensor*> all{&first, &second};
    for (auto& factor : factors) all.push_back(&factor);
    for (auto& basis : bases) all.push_back(&basis);
    return all;
  }
};

class Soap final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    adam_ = timetrial::read_adam(read, {.beta1 = 0.95, .beta2 = 0.95, .epsilon = 1e-8});
    refresh_ = static_cast<std::int64_t>(read.whole("precondition_frequency", 10));
    always_turns_ = read.choice("turn_every_update", 1, 1) == 1;
    const auto largest = static_cast<std::int64_t>(read.whole("max_precondition_dim", 10000));
    options_ = timetrial::read_baseline(read, training.workload());
    options_.weight_decay =
        timetrial::read_decay_form(read, options_.peak_learning_rate, options_.weight_decay);
    read.finish();
    parameters_.init(training.parameters(), [](const timetrial::Parameter& parameter) {
      return timetrial::Blocking{parameter.tensor.sizes().vec()};
    });
    for (const auto& stack : parameters_.stacks()) {
      State state{stack.zeros(), stack.zeros(), {}, {}};
      for (const auto n : stack.sizes) {
        if (stack.sizes.size() < 2) continue;  // a vector has plain Adam
        state.factors.push_back(n <= largest ? stack.zeros({n, n}) : at::Tensor());
        // Until a parameter's first update, which may come late, its own axes.
        state.bases.push_back(n <= largest
                                  ? stack.zeros({n, n}).add_(at::eye(n, state.first.options()))
                                  : at::Tensor());
      }
      states_.push_back(std::move(state));
    }
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    const auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    const double rate = options_.learning_rate(training.step());
    parameters_.update(reached, states_, [&](State& state, timetrial::StackRows& rows) {
      if (updates_ > 0) step(state, rows, rate);
      learn(state, rows.gradients);
    });
    ++updates_;
  }

  void save(timetrial::StateWriter& out) const override {
    timetrial::save_states(out, "states", states_);
    out.put("updates", updates_);
  }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_states(in, "states", states_);
    updates_ = in.integer("updates");
  }

 private:
  void step(State& state, timetrial::StackRows& rows, double rate) {
    const at::Tensor inside = timetrial::times_sides(rows.gradients, state.bases);
    state.first.mul_(adam_.beta1).add_(inside, 1 - adam_.beta1);
    state.second.mul_(adam_.beta2).add_(inside.square(), 1 - adam_.beta2);
    const auto count = static_cast<double>(updates_);  // the first one took no step
    const double corrected =
        rate * std::sqrt(1 - std::pow(adam_.beta2, count)) / (1 - std::pow(adam_.beta1, count));
    const at::Tensor direction = state.first.div(state.second.sqrt().add_(adam_.epsilon));
    rows.add_to_weights(timetrial::times_sides(direction, state.bases, /*transposed=*/true),
                        -corrected);
    if (options_.weight_decay != 0) {
      at::_foreach_add_(rows.weights, rows.weights, -rate * options_.weight_decay);
    }
  }

  /// Takes the gradients into the factors, and the bases from them when it is time. The first
  /// moment is turned into the new bases by way of the parameter's own axes.
  void learn(State& state, const at::Tensor& gradients) const {
    const bool refreshes = updates_ > 0 && updates_ % refresh_ == 0;
    const bool turns = refreshes || (updates_ > 0 && always_turns_);
    if (turns) {
      state.first = timetrial::times_sides(state.first, state.bases, /*transposed=*/true);
    }
    for (std::size_t side = 0; side < state.factors.size(); ++side) {
      at::Tensor& factor = state.factors[side];
      if (!factor.defined()) continue;
      factor.lerp_(timetrial::side_product(gradients, static_cast<std::int64_t>(side)),
                   1 - adam_.beta2);
      if (updates_ > 0) continue;
      const at::Tensor identity = at::eye(factor.size(-1), factor.options());
      state.bases[side] = timetrial::eigenvectors(factor.add(identity, kSmallest));
    }
    if (refreshes) refresh(state);
    if (turns) state.first = timetrial::times_sides(state.first, state.bases);
  }

  /// The second moment follows the order of the eigenvalues.
  static void refresh(State& state) {
    for (std::size_t side = 0; side < state.factors.size(); ++side) {
      if (!state.factors[side].defined()) continue;
      auto [basis, order] = timetrial::orthogonal_step(state.factors[side], state.bases[side]);
      state.bases[side] = basis;
      const auto dim = static_cast<std::int64_t>(side) + 1;
      timetrial::Sizes along(static_cast<std::size_t>(state.second.dim()), 1);
      along[0] = order.size(0);
      along[side + 1] = order.size(1);
      state.second = state.second.gather(dim, order.view(along).expand_as(state.second));
    }
  }

  timetrial::AdamOptions adam_;
  std::int64_t refresh_ = 0;
  bool always_turns_ = true;
  timetrial::BaselineOptions options_;
  timetrial::Blocks parameters_;
  std::vector<State> states_;  // in the order of the stacks
  std::int64_t updates_ = 0;
};

}  // namespace

TIMETRIAL_SUBMISSION(Soap, "soap", "Timetrial authors")
