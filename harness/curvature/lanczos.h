#pragma once
// The largest eigenvalue of a symmetric operator that is known by its products alone, by Lanczos'
// method with full re-orthogonalisation.
//
// The largest is meant algebraically: of an operator with the eigenvalues -9 and 1 it is 1, where a
// power iteration would find -9. Basis vectors have the type and device of the start; the
// tridiagonal matrix and all scalars are in double. The basis stays in memory, one vector for each
// product.
//
// Source  Golub and Van Loan 2013, "Matrix Computations", 4th edition, sections 10.1 and 10.3

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

namespace timetrial::curvature {

struct LanczosOptions {
  /// Before these nothing is taken for converged: a start that is an eigenvector, such as the last
  /// one of a slowly changing operator, has no residual, whatever has grown beside it.
  std::int64_t least_products = 10;
  std::int64_t most_products = 100;
  /// Ends when the residual is at most this times the eigenvalue's magnitude.
  double tolerance = 1e-3;
};

struct Eigenpair {
  double value = 0;
  at::Tensor vector;  ///< of length 1
  /// |A vector - value vector|: an eigenvalue of the operator is at most this far from `value`.
  double residual = 0;
  std::int64_t products = 0;  ///< of the operator with a vector
  bool converged = false;
};

/// A x, for x of the start's shape, type and device; may return x's own memory.
using SymmetricOperator = std::function<at::Tensor(const at::Tensor& x)>;

/// `start`: a vector [n], n at least 1, in float or double, not all zeros; one without a share of
/// the eigenvector may miss it, so a random one is best. Equal starts give equal bits. Where the
/// start's own subspace is exhausted, it goes on in a random direction orthogonal to it; of a
/// fixed seed, drawn from no generator of the process. Throws std::invalid_argument for a bad
/// start, std::domain_error when a product is not finite. Call under at::NoGradGuard.
Eigenpair largest_eigenvalue(const SymmetricOperator& product, const at::Tensor& start,
                             const LanczosOptions& options = {});

/// Normal random numbers [n] of `options` type and device, a function of n and seed.
at::Tensor random_vector(std::int64_t n, std::uint64_t seed, const at::TensorOptions& options);

}  // namespace timetrial::curvature
