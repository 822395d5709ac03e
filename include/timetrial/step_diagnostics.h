#pragma once
// What a submission's steps were like since the last evaluation, tensor by tensor, for whoever
// studies the trial (Training::record). Nothing is computed unless the point asks for it:
//
//   record_diagnostics   0, the default, or 1
//
//   clip_factor/min/NAME        the least factor that a step or gradient was multiplied with
//   clip_factor/mean/NAME       their mean, over steps (and output units, where each has its own)
//   clip_factor/below_one/NAME  the fraction of them below 1
//   update_to_weight/NAME       rms(update) / rms(weight before it), mean over the steps whose
//                               weights were not all zero
//
//   void update(…) { …; diagnostics_.before(reached); step(reached);
//                    diagnostics_.after(reached, factors); }
//   void prepare_for_eval(Training& training) override { diagnostics_.report(training); }
//
// Keeps a second copy of the weights that it watches, and running numbers on their device, which
// are read at evaluations alone. A checkpoint holds none of it: one that is taken between two
// evaluations cuts what is reported at the second short.
//
// Source  Tang et al. 2023, "Improving Training Stability for Multitask Ranking Models in
//         Recommender Systems" (arXiv 2302.09178), figures of clipping factors

#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <timetrial/gradient_list.h>
#include <timetrial/hyperparameter_reader.h>
#include <timetrial/training.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace timetrial {

class StepDiagnostics {
 public:
  /// Training::record takes 512 names: these are the parameters with the most elements.
  static constexpr std::size_t kMostParameters = 128;

  /// Throws std::invalid_argument as the reader does.
  explicit StepDiagnostics(HyperparameterReader& read)
      : on_(read.choice("record_diagnostics", 1, 0) == 1) {}
  StepDiagnostics() = default;

  /// `factor`: what the factors are called instead of clip_factor.
  void init(const Training& training, const std::string& factor = "clip_factor") {
    if (!on_) return;
    factor_name_ = factor;
    const auto& parameters = training.parameters();
    watched_.resize(parameters.size());
    std::vector<std::size_t> order(parameters.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return parameters[a].tensor.numel() > parameters[b].tensor.numel();
    });
    order.resize(std::min(order.size(), kMostParameters));
    for (const auto place : order) {
      if (parameters[place].tensor.numel() == 0) continue;
      watched_[place].before = parameters[place].tensor.detach().clone();
      clear(watched_[place]);
    }
  }

  /// Before the weights move.
  void before(const GradientList& reached) {
    if (!on_) return;
    for (std::size_t i = 0; i < reached.places.size(); ++i) {
      const Watched& watched = watched_[reached.places[i]];
      if (watched.before.defined()) watched.before.copy_(reached.weights[i]);
    }
  }

  /// After it. `factors`: for each gradient what it, or its step, was multiplied with: a number or
  /// one for each unit; undefined: nothing clips it. Empty: nothing clips any.
  void after(const GradientList& reached, const std::vector<at::Tensor>& factors) {
    if (!on_) return;
    for (std::size_t i = 0; i < reached.places.size(); ++i) {
      Watched& watched = watched_[reached.places[i]];
      if (!watched.before.defined()) continue;
      add_ratio(watched, reached.weights[i]);
      if (!factors.empty() && factors[i].defined()) add_factor(watched, factors[i].detach());
    }
  }
  /// The same with one number for each.
  void after(const GradientList& reached, const std::vector<double>& factors) {
    if (!on_) return;
    std::vector<at::Tensor> tensors;
    for (std::size_t i = 0; i < factors.size(); ++i) {
      tensors.push_back(at::full({}, factors[i], numbers_like(reached.weights[i])));
    }
    after(reached, tensors);
  }

  /// Records what was seen since the last call, and begins anew.
  void report(Training& training) {
    if (!on_) return;
    const auto& parameters = training.parameters();
    for (std::size_t place = 0; place < watched_.size(); ++place) {
      Watched& watched = watched_[place];
      if (!watched.before.defined()) continue;
      const at::Tensor sums =
          at::stack({watched.least, watched.sum, watched.below_one, watched.ratio, watched.ratios})
              .to(at::kCPU);
      const double* value = sums.const_data_ptr<double>();
      const auto put = [&](const std::string& what, double number) {
        training.record(name_of(what, parameters[place].name, place), number);
      };
      if (watched.factors > 0) {
        const auto count = static_cast<double>(watched.factors);
        put(factor_name_ + "/min/", value[0]);
        put(factor_name_ + "/mean/", value[1] / count);
        put(factor_name_ + "/below_one/", value[2] / count);
      }
      if (value[4] > 0) put("update_to_weight/", value[3] / value[4]);
      clear(watched);
    }
  }

 private:
  /// Of one parameter: scalars of double precision on its device.
  struct Watched {
    at::Tensor before;                                ///< undefined: not watched
    at::Tensor least, sum, below_one, ratio, ratios;  ///< ratios: how many are in `ratio`
    std::int64_t factors = 0;                         ///< how many are in `sum`
  };

  static at::TensorOptions numbers_like(const at::Tensor& weight) {
    return at::TensorOptions().dtype(at::kDouble).device(weight.device());
  }

  static void clear(Watched& watched) {
    const auto options = numbers_like(watched.before);
    watched.least = at::full({}, std::numeric_limits<double>::infinity(), options);
    for (auto* sum : {&watched.sum, &watched.below_one, &watched.ratio, &watched.ratios}) {
      *sum = at::zeros({}, options);
    }
    watched.factors = 0;
  }

  static void add_ratio(Watched& watched, const at::Tensor& weight) {
    // Roots of means of squares over equal numbers of elements: lengths have the same quotient.
    const auto length = [](const at::Tensor& x) {
      const auto type = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
      return at::linalg_vector_norm(x, 2, at::OptionalIntArrayRef{}, /*keepdim=*/false, type)
          .to(at::kDouble);
    };
    const at::Tensor before = length(watched.before), there = before.gt(0);
    const at::Tensor moved = length(watched.before.sub_(weight));
    watched.ratio.add_(at::where(there, moved.div(before), at::zeros_like(moved)));
    watched.ratios.add_(there);
  }

  static void add_factor(Watched& watched, const at::Tensor& factor) {
    const at::Tensor numbers = factor.to(at::kDouble);
    watched.least = at::minimum(watched.least, numbers.min());
    watched.sum.add_(numbers.sum());
    watched.below_one.add_(numbers.lt(1).sum());
    watched.factors += numbers.numel();
  }

  /// A long name loses its beginning, and is told apart by its place.
  static std::string name_of(const std::string& what, const std::string& parameter,
                             std::size_t place) {
    constexpr std::size_t kLongest = 100;
    if (what.size() + parameter.size() <= kLongest) return what + parameter;
    // With + GCC 12 warns of an overflow that is not there (GCC bug 105651).
    const std::string mark = std::string("#").append(std::to_string(place)).append(" ");
    return what + mark + parameter.substr(what.size() + mark.size() + parameter.size() - kLongest);
  }

  bool on_ = false;
  std::string factor_name_;
  std::vector<Watched> watched_;  ///< in the order of Training::parameters()
};

}  // namespace timetrial
