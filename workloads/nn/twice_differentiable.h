#pragma once
// A kernel whose gradient cannot be differentiated again, beside plain operations whose gradient
// can: the fast one for values and gradients, the plain one where a gradient's own graph is asked
// for, as Hessian-vector products do.
//
//   return twice_differentiable(
//       {x, weight}, [](const auto& in) { return fused(in[0], in[1]); },
//       [](const auto& in) { return at::matmul(in[0], in[1].t()).tanh(); });

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace timetrial::nn {

/// A function of its inputs alone, which draws nothing random.
using Operation = std::function<at::Tensor(const std::vector<at::Tensor>& inputs)>;

/// fast(inputs). Both compute the same; `plain` runs only under a backward pass with create_graph.
at::Tensor twice_differentiable(const std::vector<at::Tensor>& inputs, const Operation& fast,
                                const Operation& plain);

}  // namespace timetrial::nn
