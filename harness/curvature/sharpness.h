#pragma once
// How sharp a loss is where training stands: the largest eigenvalue of its Hessian over all
// parameters, as it is and as the update sees it, P^-1/2 H P^-1/2.
//
// Source  Cohen et al. 2022, "Adaptive Gradient Methods at the Edge of Stability" (arXiv
//         2207.14484)

#include "harness/curvature/lanczos.h"

#include <timetrial/preconditioner.h>

#include <functional>
#include <optional>
#include <vector>

namespace timetrial::curvature {

/// The Hessian of a scalar over some leaves, as an operator on one flat vector. Holds the graph of
/// the gradient, so a product costs one backward pass through it and no forward pass.
class Hessian {
 public:
  /// `loss` computes the scalar with a graph that can be differentiated twice.
  Hessian(const std::function<at::Tensor()>& loss, std::vector<at::Tensor> leaves);

  std::int64_t size() const { return size_; }
  /// float, or double where the leaves are.
  at::TensorOptions options() const;
  at::Tensor times(const at::Tensor& flat) const;
  /// One tensor per leaf, of their shapes and types, and back.
  std::vector<at::Tensor> split(const at::Tensor& flat) const;
  at::Tensor join(const std::vector<at::Tensor>& tensors) const;

 private:
  std::vector<at::Tensor> leaves_;
  std::vector<at::Tensor> gradient_;  ///< undefined where the loss does not depend on a leaf
  std::int64_t size_ = 0;
};

struct Sharpness {
  Eigenpair raw;
  std::optional<Eigenpair> preconditioned;
};

/// Both start from the same random vector every time, so equal models give equal bits. Throws as
/// largest_eigenvalue() does.
Sharpness measure_sharpness(const Hessian& hessian,
                            const std::optional<Preconditioner>& preconditioner,
                            const LanczosOptions& options = {});

}  // namespace timetrial::curvature
