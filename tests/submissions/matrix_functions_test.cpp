#include <ATen/ops/diag_embed.h>
#include <ATen/ops/einsum.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <timetrial/matrix_functions.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace timetrial {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Between -1 and 1, the same everywhere.
at::Tensor numbers(at::IntArrayRef sizes) {
  std::int64_t count = 1;
  for (const auto size : sizes) count *= size;
  std::vector<double> values;
  for (std::int64_t i = 0; i < count; ++i) {
    values.push_back(2 * std::fmod(static_cast<double>(i + 1) * 0.6180339887498949, 1) - 1);
  }
  return at::tensor(values, at::kFloat).reshape(sizes);
}

/// Orthogonal, [count, n, n].
at::Tensor bases(std::int64_t count, std::int64_t n) {
  return std::get<0>(at::linalg_qr(numbers({count, n, n})));
}

/// Symmetric, with these eigenvalues.
at::Tensor symmetric(const at::Tensor& basis, const std::vector<double>& eigenvalues) {
  const at::Tensor diagonal = at::tensor(eigenvalues, basis.options()).diag();
  return basis.matmul(diagonal).matmul(basis.mT());
}

/// Matrices [N, rows, columns] whose singular values lie evenly between `largest` and `smallest`.
at::Tensor with_singular_values(const std::vector<std::int64_t>& sizes, double largest,
                                double smallest) {
  const auto count = std::min(sizes[1], sizes[2]);
  const at::Tensor left = bases(sizes[0], sizes[1]).slice(2, 0, count);
  const at::Tensor right = bases(sizes[0], sizes[2]).slice(2, 0, count);
  const at::Tensor values = at::linspace(largest, smallest, count, left.options());
  return left.mul(values).matmul(right.mT());
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return a.to(at::kDouble).sub(b.to(at::kDouble)).abs().max().item<double>();
}

/// How far the columns are from orthonormal.
double skewness(const at::Tensor& basis) {
  const at::Tensor gram = basis.mT().matmul(basis);
  return distance(gram, at::eye(gram.size(-1), gram.options()).expand_as(gram));
}

/// A batch of two with a bad number in the first.
at::Tensor half_bad(const at::Tensor& matrix, double bad) {
  at::Tensor batch = at::stack({matrix, matrix});
  batch[0][1][1] = bad;
  return batch;
}

TEST(NewtonSchulz, BringsSingularValuesNearOne) {
  for (const auto& sizes :
       {std::vector<std::int64_t>{3, 12, 12}, std::vector<std::int64_t>{3, 24, 8},
        std::vector<std::int64_t>{3, 8, 24}}) {
    SCOPED_TRACE(sizes[1]);
    const at::Tensor result = newton_schulz(with_singular_values(sizes, 1, 0.1));
    EXPECT_EQ(result.sizes().vec(), sizes);
    EXPECT_EQ(result.scalar_type(), at::kBFloat16);
    EXPECT_TRUE(result.is_contiguous());
    const at::Tensor values = at::linalg_svdvals(result.to(at::kFloat));
    EXPECT_GT(values.min().item<double>(), 0.6);
    EXPECT_LT(values.max().item<double>(), 1.25);
  }
}

TEST(NewtonSchulz, TreatsEachMatrixAsIfAlone) {
  at::Tensor batch = numbers({3, 8, 5});
  batch[1].mul_(1000);
  const at::Tensor together = newton_schulz(batch);
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(at::equal(together[i], newton_schulz(batch[i].unsqueeze(0))[0]));
  }
}

/// The iteration of newton_schulz without rounding, of matrices that are not tall.
at::Tensor exact_newton_schulz(const at::Tensor& matrices) {
  at::Tensor x = matrices.to(at::kDouble);
  x = x.div(at::linalg_vector_norm(x, 2, {1, 2}, /*keepdim=*/true));
  for (int i = 0; i < 5; ++i) {
    const at::Tensor gram = x.matmul(x.mT());
    x = x.mul(3.4445).add(gram.mul(-4.775).add(gram.matmul(gram), 2.0315).matmul(x));
  }
  return x;
}

TEST(NewtonSchulz, RoundsTheSameInFloat32) {
  using matrix_detail::Products;
  for (const auto& sizes :
       {std::vector<std::int64_t>{3, 12, 12}, std::vector<std::int64_t>{2, 40, 96},
        std::vector<std::int64_t>{2, 64, 200}}) {
    SCOPED_TRACE(sizes[1]);
    const at::Tensor matrices = with_singular_values(sizes, 1, 0.1);
    const at::Tensor exact = exact_newton_schulz(matrices);
    const auto apart = [](const at::Tensor& a, const at::Tensor& b) {
      return a.to(at::kDouble).sub(b.to(at::kDouble)).norm().item<double>();
    };
    const at::Tensor narrow = newton_schulz(matrices, Products::bfloat16);
    const at::Tensor wide = newton_schulz(matrices, Products::float32);
    EXPECT_EQ(wide.scalar_type(), at::kBFloat16);
    EXPECT_TRUE(wide.is_contiguous());
    // A sum in another order rounds to the other side now and then, and the steps carry that on.
    EXPECT_LT(apart(wide, narrow), apart(narrow, exact));
    EXPECT_LT(apart(wide, exact), 1.2 * apart(narrow, exact));
    EXPECT_GT(apart(wide, exact), apart(narrow, exact) / 1.2);
  }
}

TEST(NewtonSchulz, LeavesZeroAndKeepsNanToItself) {
  EXPECT_EQ(newton_schulz(at::zeros({1, 3, 4})).abs().max().item<double>(), 0);
  const at::Tensor result = newton_schulz(half_bad(numbers({4, 4}), kNan));
  EXPECT_TRUE(result[0].isnan().all().item<bool>());
  EXPECT_TRUE(at::equal(result[1], newton_schulz(numbers({1, 4, 4}))[0]));
}

TEST(Eigenvectors, AreOrthonormalAndTheLargestEigenvaluesFirst) {
  const std::vector<double> values{5, 3, 2, 0.5};
  const at::Tensor matrices = symmetric(bases(3, 4), values);
  const at::Tensor vectors = eigenvectors(matrices);
  EXPECT_LT(skewness(vectors), 1e-5);
  EXPECT_TRUE(vectors.is_contiguous());
  EXPECT_LT(distance(matrices.matmul(vectors), vectors.mul(at::tensor(values, at::kFloat))), 1e-5);
}

TEST(Eigenvectors, OfZeroAreABasis) {
  EXPECT_LT(skewness(eigenvectors(at::zeros({2, 3, 3}))), 1e-6);
}

TEST(InverseRoot, OfKnownEigenvalues) {
  const at::Tensor basis = bases(2, 3);
  const at::Tensor matrices = symmetric(basis, {81, 16, 1});
  const at::Tensor result = inverse_root(matrices, 4, 1e-12);
  EXPECT_LT(distance(result, symmetric(basis, {1 / 3., 1 / 2., 1})), 1e-5);
  EXPECT_TRUE(result.is_contiguous());
  EXPECT_LT(distance(inverse_root(matrices, 2, 1e-12), symmetric(basis, {1 / 9., 1 / 4., 1})),
            1e-5);
  EXPECT_LT(distance(inverse_root(matrices, 4, 175),
                     symmetric(basis, {1 / 4., std::pow(191, -.25), std::pow(176, -.25)})),
            1e-5);
}

TEST(InverseRoot, OfZeroIsThatOfEpsilon) {
  EXPECT_LT(
      distance(inverse_root(at::zeros({2, 3, 3}), 4, 1e-8), at::eye(3).mul(100).expand({2, 3, 3})),
      1e-3);
}

TEST(InverseRoot, RaisesWhatRoundingHasLeftBelowZero) {
  const at::Tensor basis = bases(1, 3);
  // All are raised by a quarter: 15.75 becomes 16, -0.25 zero.
  const at::Tensor result = inverse_root(symmetric(basis, {15.75, 0.75, -0.25}), 2, 1e-2);
  EXPECT_LT(distance(result, symmetric(basis, {1 / std::sqrt(16.01), 1 / std::sqrt(1.01), 10})),
            1e-3);
}

TEST(InverseRoot, WidensHalfPrecision) {
  const at::Tensor result =
      inverse_root(at::eye(2).mul(16).unsqueeze(0).to(at::kBFloat16), 4, 1e-12);
  EXPECT_EQ(result.scalar_type(), at::kFloat);
  EXPECT_LT(distance(result[0], at::eye(2).div(2)), 1e-6);
}

TEST(MatrixFunctions, KeepWhatIsNotFiniteToItself) {
  const at::Tensor matrix = symmetric(bases(1, 3), {4, 2, 1})[0];
  for (const double bad : {kNan, std::numeric_limits<double>::infinity()}) {
    SCOPED_TRACE(bad);
    const at::Tensor batch = half_bad(matrix, bad);
    const at::Tensor alone = matrix.unsqueeze(0), basis = bases(2, 3);
    const struct Case {
      const char* name;
      at::Tensor result, expected;
    } cases[] = {
        {"eigenvectors", eigenvectors(batch), eigenvectors(alone)[0]},
        {"inverse_root", inverse_root(batch, 4, 1e-6), inverse_root(alone, 4, 1e-6)[0]},
        {"orthogonal_step", orthogonal_step(batch, basis).basis,
         orthogonal_step(batch.slice(0, 1), basis.slice(0, 1)).basis[0]},
    };
    for (const auto& c : cases) {
      SCOPED_TRACE(c.name);
      EXPECT_TRUE(c.result[0].isnan().all().item<bool>());
      EXPECT_TRUE(at::equal(c.result[1], c.expected));
    }
  }
}

TEST(OrthogonalStep, ConvergesToEigenvectors) {
  const at::Tensor matrices = symmetric(bases(2, 4), {8, 4, 2, 1});
  at::Tensor basis = at::eye(4).expand({2, 4, 4});
  for (int i = 0; i < 40; ++i) basis = orthogonal_step(matrices, basis).basis;
  EXPECT_LT(skewness(basis), 1e-5);
  EXPECT_TRUE(basis.is_contiguous());
  EXPECT_LT(distance(basis.abs(), eigenvectors(matrices).abs()), 1e-4);
}

TEST(OrthogonalStep, PutsColumnsInTheOrderOfTheirQuotients) {
  const at::Tensor matrices = at::diag_embed(at::tensor({1., 3., 2.}, at::kFloat)).unsqueeze(0);
  const auto step = orthogonal_step(matrices, at::eye(3).unsqueeze(0));
  EXPECT_TRUE(at::equal(step.order[0], at::tensor({1, 2, 0}, at::kLong)));
  EXPECT_LT(distance(step.basis[0].abs(), at::eye(3).index_select(1, step.order[0])), 1e-6);
}

TEST(OrthogonalStep, OfZeroIsABasis) {
  EXPECT_LT(skewness(orthogonal_step(at::zeros({2, 3, 3}), bases(2, 3)).basis), 1e-6);
}

TEST(SideProduct, SumsOverAllOtherSides) {
  const at::Tensor x = numbers({2, 3, 4, 5});
  EXPECT_LT(distance(side_product(x, 0), at::einsum("nabc,ndbc->nad", {x, x})), 1e-5);
  EXPECT_LT(distance(side_product(x, 1), at::einsum("nabc,nadc->nbd", {x, x})), 1e-5);
  EXPECT_LT(distance(side_product(x, 2), at::einsum("nabc,nabd->ncd", {x, x})), 1e-5);
  const at::Tensor vectors = numbers({2, 3});
  EXPECT_LT(distance(side_product(vectors, 0), at::einsum("na,nb->nab", {vectors, vectors})), 1e-6);
}

TEST(TimesSides, ContractsEverySide) {
  const at::Tensor x = numbers({2, 3, 4, 5});
  const at::Tensor a = numbers({2, 3, 3}), c = numbers({2, 5, 5}).neg();
  EXPECT_LT(
      distance(times_sides(x, {a, at::Tensor(), c}), at::einsum("nabc,nad,nce->ndbe", {x, a, c})),
      1e-5);
  EXPECT_LT(distance(times_sides(x, {a, at::Tensor(), c}, /*transposed=*/true),
                     at::einsum("nabc,nda,nec->ndbe", {x, a, c})),
            1e-5);
  const at::Tensor vectors = numbers({2, 3});
  EXPECT_LT(distance(times_sides(vectors, {a}), at::einsum("na,nab->nb", {vectors, a})), 1e-6);
  EXPECT_TRUE(at::equal(times_sides(vectors, {}), vectors));
}

}  // namespace
}  // namespace timetrial
