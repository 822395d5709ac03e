#include "harness/curvature/lanczos.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <tuple>
#include <vector>

namespace timetrial::curvature {
namespace {

/// A remainder shorter than this share of the operator's scale is rounding: the Krylov space is
/// exhausted.
double exhausted_share(const at::Tensor& vector) {
  return vector.scalar_type() == at::kDouble ? 1e-13 : 1e-6;
}

double length(const at::Tensor& x) {
  return at::linalg_vector_norm(x, 2, {}, false, at::kDouble).item<double>();
}

double inner_product(const at::Tensor& x, const at::Tensor& y) {
  return x.to(at::kDouble).dot(y.to(at::kDouble)).item<double>();
}

/// The basis and the operator on it: T = Q^T A Q.
class Factorization {
 public:
  Factorization(const at::Tensor& start, std::int64_t most)
      : basis_(at::empty({std::min(most + 1, start.numel()), start.numel()}, start.options())) {
    add(start.div(length(start)));
  }

  /// One product more. False when the basis spans the whole space.
  bool extend(const SymmetricOperator& product) {
    const at::Tensor last = basis_[size_ - 1];
    at::Tensor rest = product(last).detach().clone();
    diagonal_.push_back(inner_product(last, rest));
    orthogonalize(rest);
    const double beta = length(rest);
    if (!std::isfinite(diagonal_.back()) || !std::isfinite(beta)) {
      throw std::domain_error("a product of the operator is not finite");
    }
    scale_ = std::max({scale_, std::abs(diagonal_.back()), beta});
    const bool whole = size_ == basis_.size(1);
    const bool exhausted = whole || beta <= exhausted_share(rest) * scale_;
    beside_.push_back(exhausted ? 0 : beta);
    if (whole) return false;
    if (size_ < basis_.size(0)) add(exhausted ? new_direction() : rest.div_(beta));
    return true;
  }

  /// The largest eigenpair of T: its value, and its vector in coordinates of the basis.
  std::pair<double, at::Tensor> largest() const {
    const auto n = static_cast<std::int64_t>(diagonal_.size());
    at::Tensor matrix = at::zeros({n, n}, at::kDouble);
    double* entries = matrix.mutable_data_ptr<double>();
    for (std::int64_t i = 0; i < n; ++i) {
      entries[i * n + i] = diagonal_[static_cast<std::size_t>(i)];
      if (i + 1 < n) entries[(i + 1) * n + i] = beside_[static_cast<std::size_t>(i)];
    }
    const auto [values, vectors] = at::linalg_eigh(matrix, "L");
    return {values[n - 1].item<double>(), vectors.select(1, n - 1).contiguous()};
  }

  double last_beside() const { return beside_.back(); }

  at::Tensor combination(const at::Tensor& coordinates) const {
    const at::Tensor basis = basis_.slice(0, 0, coordinates.numel());
    const at::Tensor sum = basis.t().mv(coordinates.to(basis.options()));
    return sum.div(length(sum));
  }

 private:
  void add(const at::Tensor& vector) { basis_[size_++].copy_(vector); }

  /// Twice is enough (Golub and Van Loan, 5.2.9).
  void orthogonalize(at::Tensor& x) const {
    const at::Tensor basis = basis_.slice(0, 0, size_);
    for (int pass = 0; pass < 2; ++pass) x.sub_(basis.t().mv(basis.mv(x)));
  }

  at::Tensor new_direction() const {
    at::Tensor direction =
        random_vector(basis_.size(1), static_cast<std::uint64_t>(size_), basis_.options());
    orthogonalize(direction);
    direction.div_(length(direction));
    orthogonalize(direction);
    return direction;
  }

  at::Tensor basis_;  ///< rows, `size_` of them in use
  std::int64_t size_ = 0;
  std::vector<double> diagonal_, beside_;  ///< beside_[i] joins the vectors i and i + 1
  double scale_ = 0;                       ///< the largest entry of T so far
};

void check(const at::Tensor& start) {
  const bool floating = start.scalar_type() == at::kFloat || start.scalar_type() == at::kDouble;
  if (start.dim() != 1 || start.numel() < 1 || !floating) {
    throw std::invalid_argument("Lanczos starts from a vector [n] of float or double, n >= 1");
  }
  const double size = length(start);
  if (!(size > 0) || !std::isfinite(size)) {
    throw std::invalid_argument("Lanczos starts from a finite vector that is not all zeros");
  }
}

}  // namespace

Eigenpair largest_eigenvalue(const SymmetricOperator& product, const at::Tensor& start,
                             const LanczosOptions& options) {
  check(start);
  Factorization space(start.detach(), options.most_products);
  Eigenpair found;
  at::Tensor coordinates;
  bool more = true;
  while (more && !found.converged && found.products < options.most_products) {
    more = space.extend(product);
    ++found.products;
    std::tie(found.value, coordinates) = space.largest();
    found.residual = std::abs(space.last_beside() * coordinates[-1].item<double>());
    found.converged = (!more || found.products >= options.least_products) &&
                      found.residual <= options.tolerance * std::abs(found.value);
  }
  found.vector = space.combination(coordinates);
  return found;
}

at::Tensor random_vector(std::int64_t n, std::uint64_t seed, const at::TensorOptions& options) {
  auto generator = at::detail::createCPUGenerator(seed);
  return at::randn({n}, generator, at::kDouble).to(options);
}

}  // namespace timetrial::curvature
