// Distributed Shampoo: blocks of parameters preconditioned from every side, each step as long as a
// diagonal method's ("grafting").
// Source  Gupta et al. 2018, "Shampoo: Preconditioned Stochastic Tensor Optimization"; Anil et al.
//         2021, "Scalable Second Order Optimization for Deep Learning" (arXiv 2002.09018), for the
//         grafting; Shi et al. 2023 (arXiv 2309.06497), Algorithms 1 and 2, for blocks, merging and
//         momentum. The arithmetic of facebookresearch/optimizers
// State   per parameter the mean gradient, grafting's second moment and momentum, those in use; per
//         side of a block the mean of its products and their inverse root; the number of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/blocks.h>
#include <timetrial/gradient_list.h>
#include <timetrial/matrix_functions.h>
#include <timetrial/rate_groups.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/where.h>

#include <cmath>
#include <numeric>

namespace {

constexpr double kShortest = 1e-16;  // added to the length of a direction before it divides

enum class Grafting { adam = 0, sgd = 1, adagrad = 2, rmsprop = 3 };

struct Options {
  double beta1 = 0, beta2 = 0, epsilon = 0, momentum = 0, dampening = 0;
  bool nadam = false, nesterov = false;
  std::int64_t largest = 0, refresh = 0, start = 0;
  double root = 0;  // 0: twice the number of sides
  Grafting grafting = Grafting::adam;
  double grafting_beta2 = 0, grafting_epsilon = 0;
};

Options read_options(timetrial::HyperparameterReader& read) {
  const auto whole = [&](const char* name, double otherwise) {
    return static_cast<std::int64_t>(read.whole(name, otherwise));
  };
  Options options;
  options.beta1 = read.fraction("beta1", 0.9);
  options.beta2 = read.closed_fraction("beta2", 0.999);
  options.epsilon = read.positive("epsilon", 1e-8);
  options.momentum = read.fraction("momentum", 0);
  options.dampening = read.fraction("dampening", 0);
  options.nadam = read.choice("nadam", 1, 1) == 1;
  options.nesterov = read.choice("nesterov", 1, 1) == 1;
  options.largest = whole("max_preconditioner_dim", 1024);
  options.refresh = whole("precondition_frequency", 100);
  options.start = whole("start_preconditioning_step", static_cast<double>(options.refresh));
  options.root = read.choice("inv_root_override", 64, 0);
  options.grafting = static_cast<Grafting>(read.choice("grafting", 3, 0));
  options.grafting_beta2 = read.closed_fraction("grafting_beta2", options.beta2);
  if (options.grafting == Grafting::adagrad) options.grafting_beta2 = 1;
  options.grafting_epsilon = read.positive("grafting_epsilon", 1e-8);
  return options;
}

/// Of the blocks of one shape; a row for each. What the options have no use for is undefined.
struct State {
  at::Tensor first, second, momentum;      // mean gradient, grafting's second moment, directions
  std::vector<at::Tensor> factors, roots;  // by side

  std::vector<at::Tensor*> tensors() {
    std::vector<at::Tensor*> all{&first, &second, &momentum};
    for (auto& factor : factors) all.push_back(&factor);
    for (auto& root : roots) all.push_back(&root);
    return all;
  }
};

/// A mean that forgets, or with beta = 1 a sum.
void accumulate(at::Tensor& mean, const at::Tensor& value, double beta) {
  mean.mul_(beta).add_(value, beta < 1 ? 1 - beta : 1);
}

/// What a mean that has started at zero is divided by after `count` values.
double correction(double beta, double count) { return beta < 1 ? 1 - std::pow(beta, count) : 1; }

/// The length of each row of x [N, …], [N, 1, …].
at::Tensor lengths(const at::Tensor& x) {
  std::vector<std::int64_t> sides(static_cast<std::size_t>(x.dim() - 1));
  std::iota(sides.begin(), sides.end(), 1);
  return at::linalg_vector_norm(x, 2, sides, /*keepdim=*/true);
}

class Shampoo final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    shampoo_ = read_options(read);
    options_ = timetrial::read_baseline(read, training.workload());
    options_.weight_decay =
        timetrial::read_decay_form(read, options_.peak_learning_rate, options_.weight_decay);
    read.finish();
    const std::int64_t largest = shampoo_.largest;
    blocks_.init(training.parameters(), [largest](const timetrial::Parameter& parameter) {
      return timetrial::Blocking{timetrial::merged_sizes(parameter.tensor.sizes(), largest),
                                 largest};
    });
    for (const auto& stack : blocks_.stacks()) states_.push_back(fresh(stack));
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    const auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    ++updates_;
    const double rate = options_.learning_rate(training.step());
    blocks_.update(reached, states_, [&](State& state, timetrial::StackRows& rows) {
      learn(state, rows.gradients);
      rows.add_to_weights(direction(state, rows), -rate);
    });
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
  State fresh(const timetrial::Stack& stack) const {
    State state;
    if (shampoo_.beta1 > 0) state.first = stack.zeros();
    if (shampoo_.grafting != Grafting::sgd) state.second = stack.zeros();
    if (shampoo_.momentum > 0) state.momentum = stack.zeros();
    for (const auto n : stack.sizes) {
      state.factors.push_back(stack.zeros({n, n}));
      // The identity until the first ones, which come late for what gets its first gradient late.
      const at::Tensor& factor = state.factors.back();
      state.roots.push_back(at::eye(n, factor.options()).expand_as(factor).contiguous());
    }
    return state;
  }

  double count() const { return static_cast<double>(updates_); }

  /// Takes the gradients into all means, and the roots from them when it is time.
  void learn(State& state, const at::Tensor& gradients) const {
    for (std::size_t side = 0; side < state.factors.size(); ++side) {
      accumulate(state.factors[side],
                 timetrial::side_product(gradients, static_cast<std::int64_t>(side)),
                 shampoo_.beta2);
    }
    if (state.second.defined()) {
      accumulate(state.second, gradients.square(), shampoo_.grafting_beta2);
    }
    const bool due = updates_ == shampoo_.start ||
                     (updates_ > shampoo_.start && updates_ % shampoo_.refresh == 0);
    if (due) refresh(state);
  }

  /// A block whose factor is not finite keeps the root it has: its trial shows it has diverged by
  /// its loss, not by an error from here.
  void refresh(State& state) const {
    const double root =
        shampoo_.root > 0 ? shampoo_.root : 2 * static_cast<double>(state.factors.size());
    for (std::size_t side = 0; side < state.factors.size(); ++side) {
      const at::Tensor corrected = state.factors[side].div(correction(shampoo_.beta2, count()));
      const at::Tensor now = timetrial::inverse_root(corrected, root, shampoo_.epsilon);
      state.roots[side] = at::where(now.isfinite(), now, state.roots[side]);
    }
  }

  /// What the weights move against, [n, sizes…].
  at::Tensor direction(State& state, const timetrial::StackRows& rows) const {
    const at::Tensor ahead = filtered(state, rows.gradients);
    at::Tensor result = grafted(state, ahead);
    if (updates_ >= shampoo_.start) {
      const at::Tensor preconditioned = timetrial::times_sides(ahead, state.roots);
      result = preconditioned.mul(lengths(result).div(lengths(preconditioned).add_(kShortest)));
    }
    if (options_.weight_decay != 0) {
      result = result.add(rows.stacked_weights(), options_.weight_decay);
    }
    if (!state.momentum.defined()) return result;
    result = result.mul(1 - shampoo_.dampening);
    state.momentum.mul_(shampoo_.momentum).add_(result);
    return shampoo_.nesterov ? result.add(state.momentum, shampoo_.momentum) : state.momentum;
  }

  /// The mean gradient, corrected for its start at zero.
  at::Tensor filtered(State& state, const at::Tensor& gradients) const {
    if (!state.first.defined()) return gradients;
    state.first.lerp_(gradients, 1 - shampoo_.beta1);
    const at::Tensor ahead =
        shampoo_.nadam ? state.first.lerp(gradients, 1 - shampoo_.beta1) : state.first;
    return ahead.div(correction(shampoo_.beta1, count()));
  }

  /// The direction of the method that lends its length.
  at::Tensor grafted(const State& state, const at::Tensor& ahead) const {
    if (!state.second.defined()) return ahead;
    const bool corrects = shampoo_.grafting == Grafting::adam;
    const double divisor = corrects ? correction(shampoo_.grafting_beta2, count()) : 1;
    return ahead.div(state.second.div(divisor).sqrt_().add_(shampoo_.grafting_epsilon));
  }

  Options shampoo_;
  timetrial::BaselineOptions options_;
  timetrial::Blocks blocks_;
  std::vector<State> states_;  // in the order of the stacks
  std::int64_t updates_ = 0;
};

}  // namespace

TIMETRIAL_SUBMISSION(Shampoo, "shampoo", "Timetrial authors")
