#pragma once
// What the relatives of Adam share: hyperparameters, moments, and the whole updates of AdamW and
// NAdamW for those that change something around them.
//
//   beta1, beta2   in [0, 1): how much of the first and second moment an update keeps
//   epsilon        above 0, added to the root of the second moment
//
// Source  Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization", Algorithm 1; Loshchilov
//         and Hutter 2019, "Decoupled Weight Decay Regularization", Algorithm 2

#include <timetrial/gradient_list.h>
#include <timetrial/hyperparameter_reader.h>
#include <timetrial/preconditioner.h>
#include <timetrial/rate_groups.h>
#include <timetrial/stability_threshold.h>
#include <timetrial/state.h>
#include <timetrial/training.h>
#include <timetrial/update_rules.h>

#include <ATen/ops/full_like.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace timetrial {

struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;

  AdamUpdate update(double rate, double weight_decay) const {
    return {rate, beta1, beta2, epsilon, weight_decay};
  }
};

/// Throws std::invalid_argument as the reader does.
inline AdamOptions read_adam(HyperparameterReader& read, const AdamOptions& otherwise = {}) {
  AdamOptions options;
  options.beta1 = read.fraction("beta1", otherwise.beta1);
  options.beta2 = read.fraction("beta2", otherwise.beta2);
  options.epsilon = read.positive("epsilon", otherwise.epsilon);
  return options;
}

/// Both moments of parameters and how often each was updated, in the order of
/// Training::parameters(): one that a batch does not reach falls behind.
class AdamMoments {
 public:
  std::vector<at::Tensor> first, second;

  /// For the parameters of which `wanted` (their place in Training::parameters()) is true; the
  /// others must not be updated. Empty: for all.
  void init(const Training& training, const std::vector<bool>& wanted = {}) {
    const auto& parameters = training.parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const at::Tensor tensor = parameters[i].tensor.detach();
      const bool has = wanted.empty() || wanted[i];
      first.push_back(has ? tensor.clone().zero_() : at::zeros({0}, tensor.options()));
      second.push_back(first.back().clone());
    }
    counts_ = at::zeros(static_cast<std::int64_t>(parameters.size()), at::kLong);
  }

  /// Counts an update of these parameters: how many each has had, this one included.
  std::vector<std::int64_t> count(const GradientList& reached) {
    auto* counts = counts_.mutable_data_ptr<std::int64_t>();
    std::vector<std::int64_t> result;
    result.reserve(reached.places.size());
    for (const auto place : reached.places) result.push_back(++counts[place]);
    return result;
  }

  /// What the last update divided the first moment of each parameter by, corrections of bias
  /// included, one tensor for each; infinity for a parameter that has had none.
  std::vector<at::Tensor> divisors(const AdamOptions& options) const {
    std::vector<at::Tensor> result;
    const auto* counts = counts_.const_data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < second.size(); ++i) {
      const auto count = static_cast<double>(counts[i]);
      if (count == 0) {
        result.push_back(at::full_like(second[i], std::numeric_limits<double>::infinity()));
        continue;
      }
      const double bias = 1 - std::pow(options.beta2, count);
      result.push_back(second[i]
                           .div(bias)
                           .sqrt_()
                           .add_(options.epsilon)
                           .mul_(1 - std::pow(options.beta1, count)));
    }
    return result;
  }

  void save(StateWriter& out) const {
    out.put("first_moment", first);
    out.put("second_moment", second);
    out.put("updates", counts_);
  }
  void load(StateReader& in) {
    load_into(in, "first_moment", first);
    load_into(in, "second_moment", second);
    counts_ = in.tensor("updates");
  }

 private:
  at::Tensor counts_;  // int64, on the processor
};

/// State and update of AdamW, or with `nesterov` of NAdamW. Call under at::NoGradGuard.
template <bool nesterov>
class DecoupledAdam {
 public:
  /// `wanted`: as in AdamMoments.
  void init(const Training& training, const AdamOptions& options,
            const std::vector<bool>& wanted = {}) {
    options_ = options;
    moments_.init(training, wanted);
  }

  void step(GradientList& reached, double rate, double weight_decay) {
    constexpr auto kUpdate = nesterov ? nadamw_update : adamw_update;
    kUpdate(reached.weights, reached.gradients, reached.of(moments_.first),
            reached.of(moments_.second), moments_.count(reached),
            options_.update(rate, weight_decay));
  }

  /// With the learning rate of the next update. A parameter with a rate of its own has its factor
  /// in the preconditioner.
  Preconditioner preconditioner(double rate, const RateGroups& groups) const {
    auto divisors = moments_.divisors(options_);
    for (std::size_t i = 0; i < divisors.size(); ++i) divisors[i].div_(groups.of(i, 1).rate);
    const auto threshold = nesterov ? averaged_nesterov_threshold : averaged_threshold;
    return diagonal_preconditioner(std::move(divisors), threshold(rate, options_.beta1));
  }

  void save(StateWriter& out) const { moments_.save(out); }
  void load(StateReader& in) { moments_.load(in); }

 private:
  AdamOptions options_;
  AdamMoments moments_;
};

using AdamW = DecoupledAdam<false>;
using NAdamW = DecoupledAdam<true>;

}  // namespace timetrial
