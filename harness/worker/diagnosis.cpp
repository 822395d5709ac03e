#include "harness/worker/diagnosis.h"

#include "harness/curvature/sharpness.h"
#include "harness/protocol/message.h"
#include "workloads/nn/taps.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <utility>

namespace timetrial::worker {
namespace {

/// Feeds random augmentation, where a workload has any.
constexpr std::uint64_t kAugmentationSeed = 1;

double length(const at::Tensor& tensor) {
  return at::linalg_vector_norm(tensor, 2, {}, false, at::kDouble).item<double>();
}

double rms(const at::Tensor& tensor) {
  if (tensor.numel() == 0) return 0;
  return length(tensor) / std::sqrt(static_cast<double>(tensor.numel()));
}

/// Spread over the whole set: where each example is of one task, the tasks lie one after another.
std::vector<std::int64_t> spread_indices(std::int64_t size, std::int64_t count) {
  count = std::min(count, size);
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < count; ++i) indices.push_back(i * size / count);
  return indices;
}

std::vector<std::size_t> largest_parameters(const std::vector<Parameter>& parameters,
                                            std::size_t most) {
  std::vector<std::size_t> places(parameters.size());
  std::iota(places.begin(), places.end(), 0);
  std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
    return parameters[a].tensor.numel() > parameters[b].tensor.numel();
  });
  places.resize(std::min(places.size(), most));
  std::sort(places.begin(), places.end());
  return places;
}

std::vector<at::Tensor> leaves_of(const std::vector<Parameter>& parameters) {
  std::vector<at::Tensor> leaves;
  for (const auto& parameter : parameters) leaves.push_back(parameter.tensor);
  return leaves;
}

/// What the submission's own code throws ends the trial, whatever its type: std::domain_error means
/// a loss without a finite curvature here.
std::optional<Preconditioner> guarded(std::optional<Preconditioner> preconditioner) {
  if (!preconditioner) return preconditioner;
  preconditioner->inverse_root =
      [inner = std::move(preconditioner->inverse_root)](const std::vector<at::Tensor>& vectors) {
        try {
          auto result = inner(vectors);
          if (result.size() == vectors.size()) return result;
          throw std::runtime_error("inverse_root gives " + std::to_string(result.size()) +
                                   " tensors, not one for each of " +
                                   std::to_string(vectors.size()) + " parameters");
        } catch (const std::domain_error& error) {
          throw std::runtime_error(error.what());
        }
      };
  return preconditioner;
}

}  // namespace

Diagnostician::Diagnostician(Diagnosis kinds, const workloads::Workload& workload,
                             const workloads::TrainingData& data, workloads::Model& model,
                             c10::Device device)
    : kinds_(kinds),
      workload_(workload),
      data_(data),
      model_(model),
      device_(device),
      told_(largest_parameters(model.parameters(), kMostParameters)) {}

void Diagnostician::before_update() {
  const at::NoGradGuard no_grad;
  if (before_.empty()) {
    for (const auto place : told_) {
      before_.push_back(model_.parameters()[place].tensor.detach().clone());
    }
    return;
  }
  for (std::size_t i = 0; i < told_.size(); ++i) {
    before_[i].copy_(model_.parameters()[told_[i]].tensor);
  }
}

void Diagnostician::after_update() {
  const at::NoGradGuard no_grad;
  update_rms_.clear();
  for (std::size_t i = 0; i < told_.size(); ++i) {
    update_rms_.push_back(rms(model_.parameters()[told_[i]].tensor.sub(before_[i])));
  }
}

std::map<std::string, double> Diagnostician::measure(const Submission& submission,
                                                     const Training& training) {
  Values values;
  if (kinds_.sharpness) add_sharpness(submission, training, values);
  if (kinds_.gradients) add_gradients(training, values);
  if (kinds_.activations) add_activations(values);
  if (values.size() > protocol::kMostDiagnosed) {
    throw std::runtime_error("a diagnosis has " + std::to_string(values.size()) +
                             " numbers, at most " + std::to_string(protocol::kMostDiagnosed) +
                             " can be told; ask for fewer kinds at a time");
  }
  for (const auto& [name, value] : values) {
    if (name.size() <= protocol::kLongestDiagnosedName) continue;
    throw std::runtime_error("the diagnosis '" + name + "' has a longer name than the " +
                             std::to_string(protocol::kLongestDiagnosedName) +
                             " bytes that can be told");
  }
  return values;
}

const Batch& Diagnostician::batch() {
  if (batch_.tensors().empty()) {
    const auto read = data_.gather(spread_indices(data_.size(), kExamples), kAugmentationSeed);
    for (const auto& [name, tensor] : read.tensors()) batch_.set(name, tensor.to(device_));
  }
  return batch_;
}

at::Tensor Diagnostician::loss() {
  ForwardOptions options;
  options.update_batch_norm = false;
  options.dropout = 0;
  // Not by way of Training::loss, which would take it for a step's.
  return workload_.loss(batch(), model_.forward(batch(), options), 0).mean();
}

void Diagnostician::add_sharpness(const Submission& submission, const Training& training,
                                  Values& values) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const auto preconditioner = guarded(submission.preconditioner(training));
  values["raw_sharpness"] = values["raw_sharpness_residual"] = values["sharpness_residual"] = kNone;
  if (preconditioner) {
    values["sharpness_threshold"] = preconditioner->threshold;
    values["preconditioned_sharpness"] = kNone;
  }
  try {
    // In the order in which the submission sees them, which is its preconditioner's.
    const curvature::Hessian hessian([&] { return loss(); }, leaves_of(training.parameters()));
    const auto found = curvature::measure_sharpness(hessian, preconditioner);
    values["raw_sharpness"] = found.raw.value;
    values["raw_sharpness_residual"] = values["sharpness_residual"] = found.raw.residual;
    auto products = found.raw.products;
    if (found.preconditioned) {
      values["preconditioned_sharpness"] = found.preconditioned->value;
      values["sharpness_residual"] = found.preconditioned->residual;
      products += found.preconditioned->products;
    }
    values["sharpness_products"] = static_cast<double>(products);
  } catch (const std::domain_error&) {
    // Where the loss has no finite curvature there is no number, and training may go on.
  }
}

void Diagnostician::add_gradients(const Training& training, Values& values) {
  const auto& parameters = model_.parameters();
  const at::AutoGradMode with_gradients(true);
  const auto gradients =
      torch::autograd::grad({loss()}, leaves_of(parameters), /*grad_outputs=*/{},
                            /*retain_graph=*/false, /*create_graph=*/false, /*allow_unused=*/true);
  double squares = 0, elements = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    elements += static_cast<double>(parameters[i].tensor.numel());
    if (gradients[i].defined()) squares += std::pow(length(gradients[i].to_dense()), 2);
  }
  for (std::size_t i = 0; i < told_.size(); ++i) {
    const auto& name = parameters[told_[i]].name;
    const at::Tensor& gradient = gradients[told_[i]];
    values[name + ".gradient_rms"] = gradient.defined() ? rms(gradient.to_dense()) : 0;
    if (!update_rms_.empty()) values[name + ".update_rms"] = update_rms_[i];
  }
  values["gradient_rms"] = std::sqrt(squares / elements);
  if (training.hyperparameters().contains("epsilon")) {
    values["gradient_rms_over_epsilon"] =
        values["gradient_rms"] / training.hyperparameters().at("epsilon");
  }
}

void Diagnostician::add_activations(Values& values) {
  const at::NoGradGuard no_grad;
  const nn::Taps taps;
  loss();
  values.insert(taps.values().begin(), taps.values().end());
}

}  // namespace timetrial::worker
