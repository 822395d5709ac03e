// Sophia: momentum divided by an estimate of the Hessian's diagonal, no coordinate by more than the
// learning rate.
// Source  Liu et al. 2023, "Sophia: A Scalable Stochastic Second-order Optimizer for Language Model
//         Pre-training" (arXiv 2305.14342), Algorithms 1 to 3
// State   momentum and mean estimate per parameter
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/rate_groups.h>
#include <timetrial/update_rules.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/where.h>

#include <stdexcept>

namespace {

/// How the diagonal is estimated; the values of the hyperparameter `estimator`.
enum class Estimator {
  automatic = 0,     ///< labels where they can be sampled, else probes
  gauss_newton = 1,  ///< from the gradient under labels that the model itself sampled
  hutchinson = 2,    ///< from the Hessian's product with a random probe
};

/// Whether each target is the index of one of the values of the last dimension of the logits.
bool are_classes(const at::Tensor& targets, const at::Tensor& logits) {
  return at::isIntegralType(targets.scalar_type(), /*includeBool=*/false) && logits.dim() > 0 &&
         targets.sizes() == logits.sizes().slice(0, logits.dim() - 1);
}

/// For each place an index drawn with the probabilities that the logits give, of the type of
/// `targets`. A negative target is no label (padding) and stays.
at::Tensor sampled(const at::Tensor& logits, const at::Tensor& targets, at::Generator generator) {
  const at::Tensor cumulated = logits.detach().to(at::kFloat).softmax(-1).cumsum(-1);
  const at::Tensor total = cumulated.narrow(-1, cumulated.size(-1) - 1, 1);
  const at::Tensor draw = at::rand(total.sizes(), generator, total.options());
  // The first whose cumulated probability is above the draw: none that is impossible. Not
  // at::multinomial, which ends the process on a GPU when a diverged model has no probabilities.
  const at::Tensor label = cumulated.le(draw.mul(total)).sum(-1).clamp_max(cumulated.size(-1) - 1);
  return at::where(targets.ge(0), label.to(targets.scalar_type()), targets);
}

class Sophia final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    beta1_ = read.fraction("beta1", 0.965);
    beta2_ = read.fraction("beta2", 0.99);
    rho_ = read.positive("rho", 0.04);
    epsilon_ = read.positive("epsilon", 1e-15);
    every_ = static_cast<std::int64_t>(read.whole("hessian_every", 10));
    estimator_ = static_cast<Estimator>(read.choice("estimator", 2, 0));
    options_ = timetrial::read_baseline(read, training.workload());
    rates_ = timetrial::RateGroups(read, options_);
    read.finish();
    rates_.init(training);
    is_softmax_ = training.workload().loss_type == timetrial::LossType::softmax_cross_entropy;
    if (estimator_ == Estimator::gauss_newton && !is_softmax_) {
      throw std::invalid_argument(
          "estimator = 1, expected 0 or 2 for a workload whose loss is no softmax cross-entropy");
    }
    momentum_ = timetrial::zeros_like_parameters(training);
    hessian_ = timetrial::zeros_like_parameters(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    const auto output = training.forward(batch, options_.forward);
    const auto loss = training.loss(batch, output, options_.label_smoothing).mean();
    const bool estimates = training.step() % every_ == 0;
    const bool samples = estimates && samples_labels(batch, output);
    loss.backward({}, /*retain_graph=*/samples);
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    if (samples) {
      learn_from_labels(training, batch, output);
    } else if (estimates) {
      learn_from_probe(training, batch);
    }
    const at::NoGradGuard no_grad;
    rates_.each(reached, options_.learning_rate(training.step()),
                [&](timetrial::GradientList& part, const timetrial::Rates& rates) {
                  timetrial::sophia_update(part.weights, part.gradients, part.of(momentum_),
                                           part.of(hessian_),
                                           {.rate = rates.rate,
                                            .beta1 = beta1_,
                                            .rho = rho_,
                                            .epsilon = epsilon_,
                                            .weight_decay = rates.weight_decay});
                });
  }

  void save(timetrial::StateWriter& out) const override {
    out.put("momentum", momentum_);
    out.put("hessian", hessian_);
  }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "momentum", momentum_);
    timetrial::load_into(in, "hessian", hessian_);
  }

 private:
  bool samples_labels(const timetrial::Batch& batch, const timetrial::ModelOutput& output) const {
    if (estimator_ == Estimator::hutchinson || !is_softmax_) return false;
    const bool possible = are_classes(batch.targets(), output.logits);
    if (!possible && estimator_ == Estimator::gauss_newton) {
      throw std::invalid_argument(
          "estimator = 1, expected 0 or 2 for targets that are no classes of the logits");
    }
    return possible;
  }

  /// Gauss-Newton-Bartlett: labels times the square of the mean loss's gradient, which the forward
  /// pass of the step is used for again.
  void learn_from_labels(timetrial::Training& training, timetrial::Batch batch,
                         const timetrial::ModelOutput& output) {
    batch.set("targets", sampled(output.logits, batch.targets(), training.generator()));
    const auto loss = training.loss(batch, output, /*label_smoothing=*/0);
    const auto gradients = training.gradients(loss.mean(), /*keep_graph=*/false);
    const at::NoGradGuard no_grad;
    const at::Tensor labels = loss.valid_examples.detach();
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      if (!gradients[i].defined()) continue;
      learn(i, gradients[i].square().mul(labels));
    }
  }

  /// Hutchinson: a normal probe times the Hessian's product with it, on a forward pass of its own.
  void learn_from_probe(timetrial::Training& training, const timetrial::Batch& batch) {
    std::vector<at::Tensor> probe;
    for (const auto& parameter : training.parameters()) {
      const auto options = parameter.tensor.options().requires_grad(false).dtype(at::kFloat);
      probe.push_back(at::randn(parameter.tensor.sizes(), training.generator(), options)
                          .to(parameter.tensor.scalar_type()));
    }
    timetrial::ForwardOptions again = options_.forward;
    again.update_batch_norm = false;  // the step's own pass has done it
    const auto products = training.hessian_vector_product(
        [&] { return training.mean_loss(batch, again, options_.label_smoothing); }, probe);
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < probe.size(); ++i) learn(i, products[i].mul(probe[i]));
  }

  void learn(std::size_t place, const at::Tensor& estimate) {
    hessian_[place].lerp_(estimate.to(hessian_[place].scalar_type()), 1 - beta2_);
  }

  double beta1_ = 0, beta2_ = 0, rho_ = 0, epsilon_ = 0;
  std::int64_t every_ = 0;
  Estimator estimator_ = Estimator::automatic;
  bool is_softmax_ = false;
  timetrial::BaselineOptions options_;
  timetrial::RateGroups rates_;
  // Each in the order of Training::parameters().
  std::vector<at::Tensor> momentum_, hessian_;
};

}  // namespace

TIMETRIAL_SUBMISSION(Sophia, "sophia", "Timetrial authors")
