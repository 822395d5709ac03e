// Prodigy: Adam that estimates how far the solution is, and with it its own learning rate.
// Source  Mishchenko and Defazio 2024, "Prodigy: An Expeditiously Adaptive Parameter-Free Learner",
//         Algorithm 4; the same arithmetic as the authors' prodigyopt 1.1.2 in its defaults
// State   two moments, a sum of gradients and the first weights per parameter; the estimate, its
//         numerator and the number of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/adam.h>
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcdiv.h>
#include <ATen/ops/_foreach_addcmul.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_foreach_sqrt.h>
#include <ATen/ops/_foreach_sub.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <cmath>

namespace {

class Prodigy final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    adam_ = timetrial::read_adam(read);
    first_distance_ = read.positive("d0", 1e-6);
    distance_factor_ = read.positive("d_coef", 1);
    options_ = timetrial::read_baseline(read, training.workload());
    read.finish();
    distance_ = first_distance_;
    first_moment_ = timetrial::zeros_like_parameters(training);
    second_moment_ = timetrial::zeros_like_parameters(training);
    sums_ = timetrial::zeros_like_parameters(training);
    for (const auto& parameter : training.parameters()) {
      start_.push_back(parameter.tensor.detach().clone());
    }
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training);
    if (reached.weights.empty()) return;
    auto first = reached.of(first_moment_), second = reached.of(second_moment_);
    const double rate = distance_ * options_.learning_rate(training.step());

    at::_foreach_mul_(first, adam_.beta1);
    at::_foreach_add_(first, reached.gradients, distance_ * (1 - adam_.beta1));
    at::_foreach_mul_(second, adam_.beta2);
    at::_foreach_addcmul_(second, reached.gradients, reached.gradients,
                          distance_ * distance_ * (1 - adam_.beta2));
    if (!estimate(reached, rate)) return;

    auto root = at::_foreach_sqrt(second);
    at::_foreach_add_(root, distance_ * adam_.epsilon);
    if (options_.weight_decay != 0) {
      at::_foreach_mul_(reached.weights, 1 - rate * options_.weight_decay);
    }
    at::_foreach_addcdiv_(reached.weights, first, root, -rate);
  }

  void save(timetrial::StateWriter& out) const override {
    out.put("first_moment", first_moment_);
    out.put("second_moment", second_moment_);
    out.put("sums", sums_);
    out.put("start", start_);
    out.put("distance", distance_);
    out.put("numerator", numerator_);
  }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    first_moment_ = in.tensors("first_moment");
    second_moment_ = in.tensors("second_moment");
    sums_ = in.tensors("sums");
    start_ = in.tensors("start");
    distance_ = in.number("distance");
    numerator_ = in.number("numerator");
  }

 private:
  /// Brings the distance up to date; false when no gradient has ever been anything but zero.
  bool estimate(const timetrial::GradientList& reached, double rate) {
    auto sums = reached.of(sums_);
    const double beta3 = std::sqrt(adam_.beta2), scale = distance_ / first_distance_ * rate;
    at::_foreach_mul_(sums, beta3);
    at::_foreach_add_(sums, reached.gradients, scale);
    auto way = at::_foreach_sub(reached.of(start_), reached.weights);
    at::_foreach_mul_(way, reached.gradients);
    std::vector<at::Tensor> products;
    products.reserve(way.size());
    for (const auto& product : way) products.push_back(product.sum());
    // One transfer for both numbers.
    const at::Tensor both = at::stack({at::stack(products).sum(at::kDouble),
                                       at::stack(at::_foreach_norm(sums, 1)).sum(at::kDouble)})
                                .cpu();
    const double denominator = both[1].item<double>();
    if (denominator == 0) return false;
    numerator_ = beta3 * numerator_ + scale * both[0].item<double>();
    distance_ = std::max(distance_, distance_factor_ * numerator_ / denominator);
    return true;
  }

  timetrial::AdamOptions adam_;
  double first_distance_ = 0, distance_factor_ = 0;
  timetrial::BaselineOptions options_;
  // Each in the order of Training::parameters().
  std::vector<at::Tensor> first_moment_, second_moment_, sums_;
  std::vector<at::Tensor> start_;  // the first weights
  double distance_ = 0, numerator_ = 0;
};

}  // namespace

TIMETRIAL_SUBMISSION(Prodigy, "prodigy", "Timetrial authors")
