#pragma once
// What an update divides the gradient by, for whoever studies the curvature that training meets.
//
// With P frozen, an update is one of momentum on the Hessian P^-1/2 H P^-1/2, and on a quadratic it
// is stable as long as the largest eigenvalue of that stays below a threshold that the form of the
// momentum sets: 2 / rate without, (2 + 2 beta) / ((1 - beta) rate) for a moving average, 38 / rate
// for Adam's 0.9.
//
// Source  Cohen et al. 2022, "Adaptive Gradient Methods at the Edge of Stability" (arXiv
//         2207.14484), sections 2 and 3

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace timetrial {

struct Preconditioner {
  /// P^-1/2 times a vector: one tensor per parameter, in the order of Training::parameters(), of
  /// their shapes. Symmetric; valid until the next update.
  std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)> inverse_root;
  /// Of the largest eigenvalue, at the learning rate of the next update; 1 / units of the loss's
  /// curvature in preconditioned coordinates.
  double threshold = 0;
};

/// P = diag(`diagonal`), one tensor per parameter, all values above 0.
inline Preconditioner diagonal_preconditioner(std::vector<at::Tensor> diagonal, double threshold) {
  return {[diagonal = std::move(diagonal)](const std::vector<at::Tensor>& vectors) {
            std::vector<at::Tensor> result;
            for (std::size_t i = 0; i < vectors.size(); ++i) {
              result.push_back(vectors[i].mul(diagonal.at(i).to(vectors[i].scalar_type()).rsqrt()));
            }
            return result;
          },
          threshold};
}

}  // namespace timetrial
