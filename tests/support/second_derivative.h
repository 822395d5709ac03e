#pragma once
// Whether a workload's loss can be differentiated twice, as Hessian-vector products need.
#include "workloads/workload.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <vector>

namespace timetrial::test {

/// The Hessian of the training loss times a direction over all parameters, against the difference
/// of two gradients: the norm of what is between them, relative to the norm of the latter. A kinked
/// activation (ReLU) makes the difference meaningless; ask a smooth variant. float32 leaves about
/// 1e-2.
inline double hessian_vector_error(const workloads::Workload& workload, workloads::Model& model,
                                   const Batch& batch) {
  std::vector<at::Tensor> weights, direction;
  std::int64_t seed = 0;
  for (const Parameter& parameter : model.parameters()) {
    weights.push_back(parameter.tensor);
    const at::Tensor ramp = at::arange(parameter.tensor.numel(), at::kFloat).add(++seed);
    direction.push_back(ramp.mul(0.7).cos().view(parameter.tensor.sizes()));
  }
  ForwardOptions options;
  options.dropout = 0;
  const auto gradients = [&](bool keep) {
    const at::Tensor loss = workload.loss(batch, model.forward(batch, options), 0).mean();
    auto found = torch::autograd::grad({loss}, weights, {}, keep, keep, /*allow_unused=*/true);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!found[i].defined()) found[i] = at::zeros_like(weights[i]);
    }
    return found;
  };
  at::Tensor slope = at::zeros({});
  const auto first = gradients(true);
  for (std::size_t i = 0; i < first.size(); ++i) slope = slope + first[i].mul(direction[i]).sum();
  const auto products =
      torch::autograd::grad({slope}, weights, {}, std::nullopt, false, /*allow_unused=*/true);

  constexpr double kStep = 1e-3;
  const auto moved = [&](double by) {
    {
      const at::NoGradGuard no_grad;
      for (std::size_t i = 0; i < weights.size(); ++i) weights[i].add_(direction[i], by);
    }
    return gradients(false);
  };
  const auto ahead = moved(kStep), behind = moved(-2 * kStep);
  double between = 0, scale = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const at::Tensor numeric = (ahead[i] - behind[i]) / (2 * kStep);
    const at::Tensor product = products[i].defined() ? products[i] : at::zeros_like(numeric);
    between += (product - numeric).square().sum().item<double>();
    scale += numeric.square().sum().item<double>();
  }
  return std::sqrt(between / scale);
}

}  // namespace timetrial::test
