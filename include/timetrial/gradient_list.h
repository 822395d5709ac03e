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
#include <timetrial/gradient_clip.h>
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
  /// What clipping has multiplied each gradient with, at most 1; empty without clipping.
  std::vector<double> clip_factors;

  /// The tensors of `all` (one per parameter) that belong to these weights, sharing their memory.
  std::vector<at::Tensor> of(const std::vector<at::Tensor>& all) const {
    std::vector<at::Tensor> result;
    result.reserve(places.size());
    for (const auto place : places) result.push_back(all.at(place));
    return result;
  }
};

/// Scales the gradients down to the clip's norm, and notes by how much.
inline void clip_together(const Training& training, GradientList& list, const GradientClip& clip) {
  std::vector<at::Tensor> together;
  std::vector<bool> counts;
  for (std::size_t i = 0; i < list.places.size(); ++i) {
    counts.push_back(clip.embeddings || !is_embedding_table(training.parameters()[list.places[i]]));
    if (counts.back()) together.push_back(list.gradients[i]);
  }
  const double norm = clip_global_norm(together, clip.largest_norm);
  const double factor = norm > clip.largest_norm ? clip.largest_norm / norm : 1;
  for (const bool counted : counts) list.clip_factors.push_back(counted ? factor : 1);
}

/// Takes the gradients away from the parameters: afterwards they are undefined, so the next
/// backward pass need not add to them, and the caller may overwrite them. Sparse gradients, which
/// embeddings can have, come dense: a row that no example used has a gradient of zero. With a clip
/// they are scaled down to it.
inline GradientList take_gradients(Training& training,
                                   const std::optional<GradientClip>& clip = {}) {
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
  if (clip) clip_together(training, list, *clip);
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
