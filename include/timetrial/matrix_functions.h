#pragma once
// Functions of matrices that optimizers share. Each takes a batch, matrices of one shape in one
// tensor, so that many small ones cost few calls; row i of a result belongs to row i of the input
// and to no other. Results are contiguous, so that a state loaded from a checkpoint, which is too,
// gives products of the same bits.
//
//   at::Tensor steps = timetrial::newton_schulz(momentum);                // [N, rows, columns]
//   at::Tensor root = timetrial::inverse_root(factors, 4, 1e-12);         // [N, n, n]
//   at::Tensor ahead = timetrial::times_sides(gradients, {root, other});  // [N, n, m]
//
// Half precision is widened to float32 (matrix_type) but by newton_schulz. A matrix with an entry
// that is not finite gives NaN in all its places, no error; no neighbour feels it. Wrong shapes
// throw c10::Error, and so does an eigendecomposition that fails in float64 too.

#include <ATen/Version.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

namespace timetrial {

/// What matrices made from tensors of `type` are kept and computed in.
inline at::ScalarType matrix_type(at::ScalarType type) {
  return type == at::kBFloat16 || type == at::kHalf ? at::kFloat : type;
}

namespace matrix_detail {

/// How newton_schulz multiplies. Both round each product to bfloat16, after sums in float32.
enum class Products : std::uint8_t {
  bfloat16,
  /// Of the same numbers held in float32: several times as fast without AVX-512, where LibTorch
  /// has no blocked product in bfloat16.
  float32,
};

inline Products fastest_products(const at::Tensor& matrices) {
  const bool blocked = !matrices.is_cpu() || at::get_cpu_capability() == "AVX512";
  return blocked ? Products::bfloat16 : Products::float32;
}

}  // namespace matrix_detail

/// Matrices [N, rows, columns] near the closest orthogonal ones, in bfloat16: five steps of a
/// quintic Newton-Schulz iteration whose polynomial is chosen for the steepest slope at zero, so
/// that singular values come to lie between about 0.7 and 1.2, not at 1. A zero matrix stays zero.
/// Source: Jordan et al. 2024, "Muon" (kellerjordan.github.io/posts/muon); the order of operations
/// is torch.optim.Muon's.
inline at::Tensor newton_schulz(const at::Tensor& matrices, matrix_detail::Products products) {
  constexpr double kA = 3.4445, kB = -4.7750, kC = 2.0315;
  constexpr int kIterations = 5;
  constexpr double kShortest = 1e-7;
  const bool wide = products == matrix_detail::Products::float32;
  const auto rounded = [wide](at::Tensor product) {
    return wide ? product.to(at::kBFloat16).to(at::kFloat) : product;
  };
  const bool tall = matrices.size(1) > matrices.size(2);
  at::Tensor x = matrices.to(at::kBFloat16);
  if (tall) x = x.transpose(1, 2);  // the smaller side squared is the cheaper product
  x = x.div(at::linalg_vector_norm(x, 2, {1, 2}, /*keepdim=*/true).clamp_min(kShortest));
  if (wide) x = x.to(at::kFloat);
  for (int i = 0; i < kIterations; ++i) {
    const at::Tensor gram = rounded(at::bmm(x, x.transpose(1, 2)));
    x = rounded(at::baddbmm(x, rounded(at::baddbmm(gram, gram, gram, kB, kC)), x, kA));
  }
  return (tall ? x.transpose(1, 2) : x).to(at::kBFloat16).contiguous();
}
inline at::Tensor newton_schulz(const at::Tensor& matrices) {
  return newton_schulz(matrices, matrix_detail::fastest_products(matrices));
}

namespace matrix_detail {

/// Whether all of a matrix [..., n, n] is finite, [..., 1, 1].
inline at::Tensor whole(const at::Tensor& matrices) {
  return at::isfinite(matrices).all(-1, true).all(-2, true);
}

/// `results` where `good`, NaN elsewhere.
inline at::Tensor or_nan(const at::Tensor& good, const at::Tensor& results) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  return at::where(good, results, at::zeros({}, results.options()).fill_(kNan)).contiguous();
}

/// Eigenvalues, ascending, and eigenvectors of what is finite; of zeros in the place of the rest.
inline std::pair<at::Tensor, at::Tensor> eigendecomposition(const at::Tensor& symmetric,
                                                            const at::Tensor& good) {
  const at::Tensor safe = at::where(good, symmetric, at::zeros({}, symmetric.options()));
  std::tuple<at::Tensor, at::Tensor> result;
  try {
    result = at::linalg_eigh(safe);
  } catch (const c10::Error&) {  // did not converge; rare, and mostly cured by precision
    if (safe.scalar_type() == at::kDouble) throw;
    result = at::linalg_eigh(safe.to(at::kDouble));
  }
  return {std::get<0>(result), std::get<1>(result)};
}

}  // namespace matrix_detail

/// Orthonormal eigenvectors of symmetric matrices [..., n, n] as columns, the largest eigenvalue's
/// first. Only the lower triangles are read.
inline at::Tensor eigenvectors(const at::Tensor& symmetric) {
  const at::Tensor wide = symmetric.to(matrix_type(symmetric.scalar_type()));
  const at::Tensor good = matrix_detail::whole(wide);
  const auto vectors = matrix_detail::eigendecomposition(wide, good).second;
  return matrix_detail::or_nan(good, vectors.flip(-1).to(wide.scalar_type()));
}

/// (A + epsilon I)^(-1 / root) of symmetric positive semidefinite matrices A [..., n, n], for a
/// root and an epsilon above 0. What rounding leaves of negative eigenvalues goes: all of them are
/// raised by as much as the smallest lies below zero. Only the lower triangles are read. Source:
/// Anil et al. 2021, "Scalable Second Order Optimization for Deep Learning" (arXiv 2002.09018),
/// with the eigenvalues treated as in facebookresearch/optimizers.
inline at::Tensor inverse_root(const at::Tensor& symmetric, double root, double epsilon) {
  assert(root > 0 && epsilon > 0);
  const at::Tensor wide = symmetric.to(matrix_type(symmetric.scalar_type()));
  const at::Tensor good = matrix_detail::whole(wide);
  auto [values, vectors] = matrix_detail::eigendecomposition(wide, good);
  values = values.sub(values.amin(-1, /*keepdim=*/true).clamp_max(0)).add(epsilon);
  const at::Tensor scaled = vectors.mul(values.pow(-1 / root).unsqueeze(-2));
  return matrix_detail::or_nan(good, at::matmul(scaled, vectors.mT()).to(wide.scalar_type()));
}

struct OrthogonalStep {
  at::Tensor basis;  ///< [..., n, n], orthonormal columns
  at::Tensor order;  ///< int64 [..., n]: column i has come from column order[i] of the old basis
};

/// One step of orthogonal (subspace) iteration: the QR factor of A Q, its columns first put into
/// the descending order of their Rayleigh quotients. `symmetric` and `basis` are [..., n, n];
/// repeated steps bring the basis to the eigenvectors of A. Source: Golub and Van Loan, "Matrix
/// Computations", section 7.3.2; Vyas et al. 2024, "SOAP" (arXiv 2409.11321), Algorithm 4.
inline OrthogonalStep orthogonal_step(const at::Tensor& symmetric, const at::Tensor& basis) {
  const at::ScalarType type = matrix_type(symmetric.scalar_type());
  const at::Tensor product = at::matmul(symmetric.to(type), basis.to(type));
  const at::Tensor quotients = basis.mul(product).sum(-2);
  const at::Tensor order = at::argsort(quotients, /*dim=*/-1, /*descending=*/true);
  const at::Tensor sorted = product.gather(-1, order.unsqueeze(-2).expand_as(product));
  const at::Tensor good = matrix_detail::whole(sorted);
  const at::Tensor safe = at::where(good, sorted, at::zeros({}, sorted.options()));
  return {matrix_detail::or_nan(good, std::get<0>(at::linalg_qr(safe))), order};
}

namespace matrix_detail {

/// Products of the matrices of two batches. One alone goes the way of at::mm, which small products
/// in batches do not: so rounding is that of code without batches, which the references are.
inline at::Tensor products(const at::Tensor& left, const at::Tensor& right) {
  if (left.size(0) == 1) return at::mm(left[0], right[0]).unsqueeze(0);
  return at::bmm(left, right);
}

}  // namespace matrix_detail

/// Of each tensor of x [N, d1, …, dk] the sum over all sides but `side`, from 0, of the tensor
/// times itself: [N, d, d]. Shampoo's and SOAP's factors are means of these.
inline at::Tensor side_product(const at::Tensor& x, std::int64_t side) {
  const at::Tensor front = x.movedim(side + 1, 1);
  const at::Tensor rows =
      front.reshape({x.size(0), front.size(1), x.numel() / x.size(0) / front.size(1)});
  return matrix_detail::products(rows, rows.transpose(1, 2));
}

/// Each tensor of x [N, d1, …, dk] with every side i contracted with the first side of matrices[i]
/// [N, di, di], or with its second side if `transposed`; a side whose matrix is undefined stays as
/// it is. For k = 2: Lᵀ X R, or L X Rᵀ.
inline at::Tensor times_sides(const at::Tensor& x, const std::vector<at::Tensor>& matrices,
                              bool transposed = false) {
  at::Tensor result = x;
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    const std::int64_t count = x.size(0), d = x.size(static_cast<std::int64_t>(i) + 1);
    // The first side is contracted and comes back as the last: after all of them the order is old.
    const at::Tensor turned = result.reshape({count, d, x.numel() / count / d}).transpose(1, 2);
    const at::Tensor& matrix = matrices[i];
    result = !matrix.defined()
                 ? turned
                 : matrix_detail::products(turned, transposed ? matrix.transpose(1, 2) : matrix);
  }
  return result.reshape(x.sizes()).contiguous();
}

}  // namespace timetrial
