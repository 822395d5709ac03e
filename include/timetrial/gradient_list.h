#pragma once
// What a backward pass has left, as parallel lists: the form that LibTorch's fused and foreach
// operations take. A parameter that no gradient has reached (an unused head) is in none of them.
//
//   training.mean_loss(batch).backward();
//   const auto reached = timetrial::take_gradients(training);
//   auto momentum = reached.of(momentum_);  // the entries of a state list that belong to them
//   at::_foreach_add_(momentum, reached.gradients);

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <timetrial/training.h>
#include <timetrial/update_rules.h>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace timetrial {

struct GradientList {
  std::vector<std::size_t> places;  ///< in Training::parameters()
  std::vector<at::Tensor> weights, gradients;

  /// The tensors of `all` (one per parameter) that belong to these weights, sharing their memory.
  std::vector<at::Tensor> of(const std::vector<at::Tensor>& all) const {
    std::vector<at::Tensor> result;
    result.reserve(places.size());
    for (const auto place : places) result.push_back(all.at(place));
    return result;
  }
};

/// Takes the gradients away from the parameters: afterwards they are undefined, so the next
/// backward pass need not add to them, and the caller may overwrite them. Sparse gradients, which
/// embeddings can have, come dense: a row that no example used has a gradient of zero. All of them
/// together are no longer than `largest_norm`.
inline GradientList take_gradients(Training& training, std::optional<double> largest_norm = {}) {
  GradientList list;
  const auto& parameters = training.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    at::Tensor gradient = parameters[i].tensor.grad();
    if (!gradient.defined()) continue;
    parameters[i].tensor.mutable_grad().reset();
    list.places.push_back(i);
    list.weights.push_back(parameters[i].tensor);
    list.gradients.push_back(gradient.is_sparse() ? gradient.to_dense() : std::move(gradient));
  }
  const at::NoGradGuard no_grad;
  if (largest_norm) clip_global_norm(list.gradients, *largest_norm);
  return list;
}

/// One tensor of zeros per parameter, like it.
inline std::vector<at::Tensor> zeros_like_parameters(const Training& training) {
  std::vector<at::Tensor> result;
  for (const auto& parameter : training.parameters()) {
    result.push_back(parameter.tensor.detach().clone().zero_());
  }
  return result;
}

}  // namespace timetrial
