// SOAP: Adam in the eigenbasis of Shampoo's preconditioner.
// Source  Vyas et al. 2024, "SOAP: Improving and Stabilizing Shampoo using Adam" (arXiv
// 2409.11321),
//         Algorithm 3; the same arithmetic as the authors' implementation in its defaults. The
//         first update only sets up the bases: no weight moves
// State   two moments per parameter; per side of a matrix or kernel the mean outer product of its
//         gradients and the basis; the number of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/adam.h>
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/tensordot.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <numeric>

namespace {

constexpr double kSmallest = 1e-30;  // added to the diagonal before the first decomposition

/// For each side of a tensor; undefined for a side that is left as it is.
using Sides = std::vector<at::Tensor>;

/// Sum over all sides but `side` of x times itself, [n, n].
at::Tensor outer_product(const at::Tensor& x, std::int64_t side) {
  std::vector<std::int64_t> others(static_cast<std::size_t>(x.dim()));
  std::iota(others.begin(), others.end(), 0);
  others.erase(others.begin() + side);
  return at::tensordot(x, x, others, others);
}

/// Each side of x into its basis, or (`back`) out of it.
at::Tensor rotated(at::Tensor x, const Sides& bases, bool back) {
  for (const auto& basis : bases) {
    // The first side is contracted and comes back as the last: after all of them the order is old.
    x = basis.defined() ? at::tensordot(x, basis, {0}, {back ? 1 : 0}) : x.movedim(0, -1);
  }
  return x.contiguous();
}

/// The eigenvectors of a symmetric matrix as columns, the largest eigenvalue's first.
at::Tensor eigenvectors(const at::Tensor& matrix) {
  const at::Tensor shifted = matrix.add(at::eye(matrix.size(0), matrix.options()), kSmallest);
  return std::get<1>(at::linalg_eigh(shifted)).flip(1).contiguous();
}

class Soap final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    adam_ = timetrial::read_adam(read, {.beta1 = 0.95, .beta2 = 0.95, .epsilon = 1e-8});
    refresh_ = static_cast<std::int64_t>(read.whole("precondition_frequency", 10));
    const auto largest = static_cast<std::int64_t>(read.whole("max_precondition_dim", 10000));
    options_ = timetrial::read_baseline(read, training.workload());
    read.finish();
    moments_.init(training);
    for (const auto& parameter : training.parameters()) {
      const at::Tensor& tensor = parameter.tensor;
      Sides factors;
      for (std::int64_t side = 0; tensor.dim() >= 2 && side < tensor.dim(); ++side) {
        const std::int64_t n = tensor.size(side);
        const bool rotates = n <= largest && tensor.numel() > 0;
        factors.push_back(rotates ? at::zeros({n, n}, tensor.options().requires_grad(false))
                                  : at::Tensor());
      }
      bases_.emplace_back(factors.size());
      factors_.push_back(std::move(factors));
    }
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    const auto reached = timetrial::take_gradients(training);
    const double rate = options_.learning_rate(training.step());
    for (std::size_t i = 0; i < reached.places.size(); ++i) {
      const auto place = reached.places[i];
      if (moments_.updates > 0) step(reached.weights[i], reached.gradients[i], place, rate);
      learn(reached.gradients[i], place);
    }
    ++moments_.updates;
  }

  void save(timetrial::StateWriter& out) const override {
    moments_.save(out);
    out.put("factors", joined(factors_));
    out.put("bases", joined(bases_));
  }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    moments_.load(in);
    split(in.tensors("factors"), factors_);
    split(in.tensors("bases"), bases_);
  }

 private:
  void step(at::Tensor weight, const at::Tensor& gradient, std::size_t place, double rate) {
    const at::Tensor inside = rotated(gradient, bases_[place], /*back=*/false);
    at::Tensor &first = moments_.first[place], &second = moments_.second[place];
    first.mul_(adam_.beta1).add_(inside, 1 - adam_.beta1);
    second.mul_(adam_.beta2).addcmul_(inside, inside, 1 - adam_.beta2);
    const auto count = static_cast<double>(moments_.updates);  // the first one took no step
    const double corrected =
        rate * std::sqrt(1 - std::pow(adam_.beta2, count)) / (1 - std::pow(adam_.beta1, count));
    const at::Tensor direction = first.div(second.sqrt().add_(adam_.epsilon));
    weight.add_(rotated(direction, bases_[place], /*back=*/true), -corrected);
    if (options_.weight_decay != 0) weight.add_(weight, -rate * options_.weight_decay);
  }

  /// Takes the gradient into the factors, and the bases from them when it is time.
  void learn(const at::Tensor& gradient, std::size_t place) {
    Sides &factors = factors_[place], &bases = bases_[place];
    for (std::size_t side = 0; side < factors.size(); ++side) {
      if (!factors[side].defined()) continue;
      factors[side].lerp_(outer_product(gradient, static_cast<std::int64_t>(side)),
                          1 - adam_.beta2);
      if (moments_.updates == 0) bases[side] = eigenvectors(factors[side]);
    }
    if (moments_.updates > 0 && moments_.updates % refresh_ == 0) refresh(place);
  }

  /// One step of power iteration, orthogonalised. The second moment follows the order of the
  /// eigenvalues; the first one is turned into the new bases.
  void refresh(std::size_t place) {
    Sides &factors = factors_[place], &bases = bases_[place];
    at::Tensor &first = moments_.first[place], &second = moments_.second[place];
    first = rotated(first, bases, /*back=*/true);
    for (std::size_t side = 0; side < factors.size(); ++side) {
      if (!factors[side].defined()) continue;
      const at::Tensor product = at::mm(factors[side], bases[side]);
      const at::Tensor eigenvalues = bases[side].mul(product).sum(0);
      const at::Tensor order = at::argsort(eigenvalues, /*dim=*/0, /*descending=*/true);
      second = second.index_select(static_cast<std::int64_t>(side), order);
      // Laid out as a loaded one is, so that its products have the same bits.
      bases[side] = std::get<0>(at::linalg_qr(product.index_select(1, order))).contiguous();
    }
    first = rotated(first, bases, /*back=*/false);
  }

  static std::vector<at::Tensor> joined(const std::vector<Sides>& all) {
    std::vector<at::Tensor> result;
    for (const auto& sides : all) result.insert(result.end(), sides.begin(), sides.end());
    return result;
  }
  static void split(const std::vector<at::Tensor>& list, std::vector<Sides>& all) {
    std::size_t next = 0;
    for (auto& sides : all) {
      for (auto& tensor : sides) tensor = list.at(next++);
    }
  }

  timetrial::AdamOptions adam_;
  std::int64_t refresh_ = 0;
  timetrial::BaselineOptions options_;
  timetrial::AdamMoments moments_;  // in the bases
  // Each in the order of Training::parameters().
  std::vector<Sides> factors_, bases_;
};

}  // namespace

TIMETRIAL_SUBMISSION(Soap, "soap", "Timetrial authors")
