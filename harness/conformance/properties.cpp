#include "harness/conformance/properties.h"

#include "workloads/recorded_metric.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace timetrial::conformance {
namespace {

using workloads::compared;
using workloads::Model;
using workloads::Workload;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::uint64_t kSeed = 20;
constexpr double kMoved = 0.02;         // standard deviation of the move away from the first values
constexpr std::size_t kDirections = 6;  // groups of parameters
constexpr std::int64_t kSteps = 5;
constexpr double kLearningRate = 0.01;
constexpr double kOverfit = 0.5;
constexpr int kOverfitSteps = 300;

/// Steps along a direction of length 1, the best of which counts, and what is allowed. A long one
/// meets curvature and the kinks of ReLUs and absolute errors, a short one rounding; a wrong
/// gradient is wrong in all of them.
struct Precision {
  at::ScalarType type;
  std::vector<double> steps;
  double tolerance;
  const char* name;
};
const Precision kDouble{at::kDouble, {1e-6, 1e-8}, 1e-5, "double precision"};
const Precision kSingle{at::kFloat, {1e-2, 3e-3, 1e-3, 3e-4, 1e-4}, 5e-2, "single precision"};

at::Generator generator_of(std::uint64_t seed) { return at::detail::createCPUGenerator(seed); }

/// Parameters are handed out as const; their values may change.
at::Tensor values(const Parameter& parameter) { return parameter.tensor; }

void clear_gradients(const Model& model) {
  for (const auto& parameter : model.parameters()) values(parameter).mutable_grad() = at::Tensor();
}

std::unique_ptr<Model> moved_model(const Workload& workload) {
  auto model = workload.make_model(at::kCPU);
  model->initialize(kSeed);
  auto generator = generator_of(kSeed);
  const at::NoGradGuard no_grad;
  for (const auto& parameter : model->parameters()) {
    values(parameter).add_(at::randn(parameter.tensor.sizes(), generator, at::kFloat), kMoved);
  }
  return model;
}

Batch converted(const Batch& batch, at::ScalarType type) {
  Batch result;
  for (const auto& [name, tensor] : batch.tensors()) {
    result.set(name, tensor.is_floating_point() ? tensor.to(type) : tensor);
  }
  return result;
}

void convert(const Model& model, at::ScalarType type) {
  for (const auto& parameter : model.parameters()) {
    values(parameter).set_data(parameter.tensor.detach().to(type));
  }
  for (const auto& state : model.state()) {
    if (state.tensor.is_floating_point()) {
      at::Tensor(state.tensor).set_data(state.tensor.to(type));
    }
  }
}

at::Tensor mean_loss(const Workload& workload, Model& model, const Batch& batch,
                     const ForwardOptions& options) {
  return workload.loss(batch, model.forward(batch, options), 0).mean();
}

ForwardOptions without_dropout() {
  ForwardOptions options;
  options.update_batch_norm = false;
  options.dropout = 0;
  return options;
}

/// One tensor for each parameter of a group: a direction in the space of all of them.
using Direction = std::vector<std::pair<at::Tensor, at::Tensor>>;  // parameter, step of length 1

void scale_to_length_one(Direction& direction) {
  double square = 0;
  for (const auto& [parameter, part] : direction) {
    square += part.to(at::kDouble).square().sum().item<double>();
  }
  if (square == 0) return;
  for (auto& [parameter, part] : direction) part = part / std::sqrt(square);
}

void move(const Direction& direction, double length) {
  const at::NoGradGuard no_grad;
  for (const auto& [parameter, part] : direction) at::Tensor(parameter).add_(part, length);
}

/// Compares along one direction after the other; parameters are as before afterwards.
class GradientProbe {
 public:
  GradientProbe(const Workload& workload, Model& model, const Batch& batch,
                const Precision& precision)
      : workload_(workload), model_(model), batch_(batch), precision_(precision) {
    clear_gradients(model);
    mean_loss(workload, model, batch, without_dropout()).backward();
    for (const auto& parameter : model.parameters()) {
      if (!parameter.tensor.grad().defined()) continue;
      norm_ += parameter.tensor.grad().to(at::kDouble).square().sum().item<double>();
    }
    norm_ = std::sqrt(norm_);
  }

  double norm() const { return norm_; }

  /// Largest error of the group [begin, end) of parameters, along the gradient and a random
  /// direction.
  double error(std::size_t begin, std::size_t end, at::Generator& generator) const {
    Direction along, random;
    for (std::size_t i = begin; i < end; ++i) {
      const at::Tensor& tensor = model_.parameters()[i].tensor;
      if (tensor.grad().defined()) along.emplace_back(tensor, tensor.grad().clone());
      random.emplace_back(
          tensor, at::randn(tensor.sizes(), generator, tensor.options().requires_grad(false)));
    }
    return std::max(error_along(along), error_along(random));
  }

 private:
  double error_along(Direction& direction) const {
    scale_to_length_one(direction);
    double expected = 0;
    for (const auto& [parameter, part] : direction) {
      if (!parameter.grad().defined()) continue;
      expected += parameter.grad().to(at::kDouble).mul(part).sum().item<double>();
    }
    double best = kInfinity;
    for (const double step : precision_.steps) {
      best = std::min(best, std::fabs(slope(direction, step) - expected) / norm_);
    }
    return best;
  }

  /// The central difference; NaN where a loss is not a number.
  double slope(const Direction& direction, double step) const {
    const Saved saved(direction);
    move(direction, step);
    const double ahead = loss();
    saved.restore();
    move(direction, -step);
    const double behind = loss();
    saved.restore();
    return (ahead - behind) / (2 * step);
  }

  /// Values to the bit: adding and subtracting a step would not give them back.
  class Saved {
   public:
    explicit Saved(const Direction& direction) {
      for (const auto& [parameter, part] : direction) {
        values_.emplace_back(parameter, parameter.detach().clone());
      }
    }
    void restore() const {
      const at::NoGradGuard no_grad;
      for (const auto& [parameter, value] : values_) at::Tensor(parameter).copy_(value);
    }

   private:
    Direction values_;
  };

  /// The mean loss with its sum in double precision, whatever the model's.
  double loss() const {
    const at::NoGradGuard no_grad;
    const Loss loss = workload_.loss(batch_, model_.forward(batch_, without_dropout()), 0);
    return loss.per_example.sum(at::kDouble).item<double>() /
           loss.valid_examples.to(at::kDouble).item<double>();
  }

  const Workload& workload_;
  Model& model_;
  const Batch& batch_;
  const Precision& precision_;
  double norm_ = 0;
};

CheckResult gradient_in(const Workload& workload, const Batch& given, const Precision& precision) {
  const auto model = moved_model(workload);
  convert(*model, precision.type);
  const Batch batch = converted(given, precision.type);
  const GradientProbe probe(workload, *model, batch, precision);
  auto generator = generator_of(kSeed + 1);
  const std::size_t count = model->parameters().size();
  const std::size_t groups = std::min(kDirections, count);
  double worst = probe.norm() > 0 ? 0 : kInfinity;
  for (std::size_t group = 0; group < groups; ++group) {
    worst = std::max(worst,
                     probe.error(group * count / groups, (group + 1) * count / groups, generator));
  }
  return compared("", worst, precision.tolerance,
                  std::string("central differences in ") + precision.name + ", " +
                      std::to_string(groups) + " groups of parameters");
}

std::vector<at::Tensor> tensors_after_descent(const Workload& workload, const Batch& batch) {
  const auto model = moved_model(workload);
  at::manual_seed(kSeed);  // of dropout
  for (std::int64_t step = 0; step < kSteps; ++step) {
    clear_gradients(*model);
    mean_loss(workload, *model, batch, {}).backward();
    const at::NoGradGuard no_grad;
    for (const auto& parameter : model->parameters()) {
      if (!parameter.tensor.grad().defined()) continue;
      values(parameter).sub_(parameter.tensor.grad(), kLearningRate);
    }
  }
  std::vector<at::Tensor> tensors;
  for (const auto& parameter : model->parameters()) tensors.push_back(parameter.tensor.detach());
  for (const auto& state : model->state()) tensors.push_back(state.tensor);
  return tensors;
}

/// Adam (Kingma and Ba 2015, Algorithm 1) with its usual constants, on all parameters of a model.
class Adam {
 public:
  explicit Adam(const Model& model) : model_(model) {
    for (const auto& parameter : model.parameters()) {
      moments_.emplace_back(at::zeros_like(parameter.tensor), at::zeros_like(parameter.tensor));
    }
  }
  void step() {
    const at::NoGradGuard no_grad;
    ++steps_;
    const double rate =
        kLearningRate * std::sqrt(1 - std::pow(0.999, steps_)) / (1 - std::pow(0.9, steps_));
    for (std::size_t i = 0; i < moments_.size(); ++i) {
      const auto& parameter = model_.parameters()[i];
      const at::Tensor gradient = parameter.tensor.grad();
      if (!gradient.defined()) continue;
      auto& [first, second] = moments_[i];
      first.mul_(0.9).add_(gradient, 0.1);
      second.mul_(0.999).addcmul_(gradient, gradient, 0.001);
      values(parameter).addcdiv_(first, second.sqrt().add_(1e-8), -rate);
    }
  }

 private:
  const Model& model_;
  std::vector<std::pair<at::Tensor, at::Tensor>> moments_;
  int steps_ = 0;
};

std::string digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

}  // namespace

CheckResult check_gradient(const Workload& workload, const Batch& batch) {
  try {
    return gradient_in(workload, batch, kDouble);
  } catch (const c10::Error&) {
    // A model with constants of its own in float32, such as a front end, mixes no types.
    return gradient_in(workload, batch, kSingle);
  }
}

CheckResult check_deterministic(const Workload& workload, const Batch& batch) {
  const auto first = tensors_after_descent(workload, batch);
  const auto second = tensors_after_descent(workload, batch);
  double worst = 0;
  bool same = true;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const at::Tensor a = first[i].contiguous(), b = second[i].contiguous();
    if (std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.nbytes()) == 0) continue;
    same = false;
    const double off = (a - b).abs().max().to(at::kDouble).item<double>();
    worst = std::max(worst, std::isnan(off) ? kInfinity : off);
  }
  return {.passed = same,
          .error = worst,
          .detail = "parameters and state after " + std::to_string(kSteps) + " steps, twice"};
}

CheckResult check_overfits(const Workload& workload, const Batch& batch) {
  auto model = workload.make_model(at::kCPU);
  model->initialize(kSeed);
  Adam adam(*model);
  const ForwardOptions options = [] {
    ForwardOptions training;
    training.dropout = 0;
    return training;
  }();
  double first = 0, last = 0;
  int steps = 0;
  for (; steps <= kOverfitSteps; ++steps) {
    clear_gradients(*model);
    const at::Tensor loss = mean_loss(workload, *model, batch, options);
    last = loss.item<double>();
    if (steps == 0) first = last;
    if (!(last > kOverfit * first)) break;  // also when it is not a number
    loss.backward();
    adam.step();
  }
  const double ratio = std::isfinite(last) && first > 0 ? last / first : kInfinity;
  return compared("", ratio, kOverfit,
                  "loss " + digits(first) + " to " + digits(last) + " in " + std::to_string(steps) +
                      " steps of Adam");
}

}  // namespace timetrial::conformance
