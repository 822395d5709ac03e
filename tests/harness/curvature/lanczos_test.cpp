// Lanczos against dense decompositions.
#include "harness/curvature/lanczos.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <limits>

namespace timetrial::curvature {
namespace {

constexpr LanczosOptions kSharp{.least_products = 10, .most_products = 200, .tolerance = 1e-10};

at::Tensor start_of(std::int64_t n, c10::ScalarType type = at::kDouble) {
  return random_vector(n, 7, at::TensorOptions(type));
}

/// Q diag(values) Q^T with a random orthogonal Q.
at::Tensor with_eigenvalues(const std::vector<double>& values) {
  const auto n = static_cast<std::int64_t>(values.size());
  const at::Tensor q = std::get<0>(
      at::linalg_qr(random_vector(n * n, 3, at::TensorOptions(at::kDouble)).view({n, n})));
  return q.mul(at::tensor(values, at::kDouble)).matmul(q.t());
}

void expect_as_dense(const at::Tensor& matrix, const Eigenpair& found, double tolerance) {
  const double largest = std::get<0>(at::linalg_eigh(matrix))[-1].item<double>();
  const double scale = std::max(1.0, std::abs(largest));
  EXPECT_NEAR(found.value, largest, tolerance * scale);
  EXPECT_TRUE(found.converged);
  EXPECT_NEAR(found.vector.norm().item<double>(), 1, 1e-6);
  const at::Tensor rest = matrix.mv(found.vector.to(at::kDouble)) - found.vector * found.value;
  EXPECT_NEAR(rest.norm().item<double>(), found.residual, tolerance * scale);
}

struct Case {
  const char* what;
  std::vector<double> values;
};

TEST(Lanczos, FindsTheLargestEigenvalueOfAnySpectrum) {
  const at::NoGradGuard no_grad;
  for (const auto& [what, values] : {
           Case{"mixed signs", {-9, -4, -1, 0, 0.5, 1, 2, 3}},
           Case{"larger below zero", {-100, -50, -3, 1, 1.5}},
           Case{"all below zero", {-7, -6, -5, -4, -3, -2.5}},
           Case{"the largest twice", {1, 2, 3, 5, 5}},
           Case{"all equal", {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}},
           Case{"size 1", {-3}},
           Case{"size 2", {1, 4}},
           Case{"zeros", {0, 0, 0, 0}},
       }) {
    SCOPED_TRACE(what);
    const at::Tensor matrix = with_eigenvalues(values);
    const auto found = largest_eigenvalue([&](const at::Tensor& x) { return matrix.mv(x); },
                                          start_of(matrix.size(0)), kSharp);
    expect_as_dense(matrix, found, 1e-9);
    EXPECT_LE(found.products, matrix.size(0));
  }
}

TEST(Lanczos, FindsItInLargeMatricesWithFewProducts) {
  const at::NoGradGuard no_grad;
  std::vector<double> values;
  for (int i = 0; i < 300; ++i) values.push_back(-2 + i / 100.0);
  values.push_back(5);
  const at::Tensor matrix = with_eigenvalues(values);
  for (const auto type : {at::kDouble, at::kFloat}) {
    const at::Tensor typed = matrix.to(type);
    const auto found = largest_eigenvalue([&](const at::Tensor& x) { return typed.mv(x); },
                                          start_of(301, type), {.tolerance = 1e-4});
    expect_as_dense(matrix, found, 1e-3);
    EXPECT_LT(found.products, 40);
    EXPECT_GE(found.products, 10);
  }
}

// Without full re-orthogonalisation the basis loses its independence after about 20 products, and
// copies of the eigenvalue appear in the tridiagonal matrix.
TEST(Lanczos, StaysOrthogonalOverTheWholeSpace) {
  const at::NoGradGuard no_grad;
  std::vector<double> values;
  for (int i = 0; i < 120; ++i) values.push_back(std::pow(1.15, i));
  const at::Tensor matrix = with_eigenvalues(values);
  const auto found = largest_eigenvalue([&](const at::Tensor& x) { return matrix.mv(x).neg_(); },
                                        start_of(120), {.most_products = 500, .tolerance = 1e-15});
  // The end of the space comes after as many products as it has dimensions.
  EXPECT_EQ(found.products, 120);
  EXPECT_NEAR(found.value, -1, 1e-6);
}

TEST(Lanczos, AnEigenvectorAsStartDoesNotHideALargerOne) {
  const at::NoGradGuard no_grad;
  const at::Tensor matrix = at::diag(at::tensor({4.0, 1.0, 9.0, 2.0, 3.0}, at::kDouble));
  const at::Tensor start = at::tensor({1.0, 0.0, 0.0, 0.0, 0.0}, at::kDouble);
  const auto found =
      largest_eigenvalue([&](const at::Tensor& x) { return matrix.mv(x); }, start, kSharp);
  EXPECT_NEAR(found.value, 9, 1e-9);
}

TEST(Lanczos, SaysWhenItEndedUnconverged) {
  const at::NoGradGuard no_grad;
  std::vector<double> values;
  for (int i = 0; i < 100; ++i) values.push_back(i);
  const at::Tensor matrix = with_eigenvalues(values);
  const auto found = largest_eigenvalue([&](const at::Tensor& x) { return matrix.mv(x); },
                                        start_of(100), {.most_products = 12, .tolerance = 1e-9});
  EXPECT_FALSE(found.converged);
  EXPECT_EQ(found.products, 12);
  EXPECT_GT(found.residual, 0.01);
  EXPECT_NEAR(found.value, 99, found.residual) << "an eigenvalue lies within the residual";
}

TEST(Lanczos, DrawsFromNoGeneratorOfTheProcess) {
  const at::NoGradGuard no_grad;
  at::manual_seed(5);
  const at::Tensor expected = at::randn({4});
  at::manual_seed(5);
  const auto found = largest_eigenvalue([](const at::Tensor& x) { return at::zeros_like(x); },
                                        start_of(30), kSharp);
  EXPECT_EQ(found.value, 0);
  EXPECT_TRUE(at::randn({4}).equal(expected));
}

TEST(Lanczos, RefusesWhatCannotBe) {
  const at::NoGradGuard no_grad;
  const auto same = [](const at::Tensor& x) { return x; };
  EXPECT_THROW(largest_eigenvalue(same, at::zeros({3}, at::kDouble)), std::invalid_argument);
  EXPECT_THROW(largest_eigenvalue(same, at::ones({0}, at::kDouble)), std::invalid_argument);
  EXPECT_THROW(largest_eigenvalue(same, at::ones({2, 2}, at::kDouble)), std::invalid_argument);
  EXPECT_THROW(largest_eigenvalue(same, at::ones({2}, at::kLong)), std::invalid_argument);
  const auto bad = [](const at::Tensor& x) {
    return x.mul(std::numeric_limits<double>::quiet_NaN());
  };
  EXPECT_THROW(largest_eigenvalue(bad, at::ones({2}, at::kDouble)), std::domain_error);
}

// A network 5-8-3 with tanh, squared error, in double precision: its Hessian has both signs.
TEST(Lanczos, FindsTheSharpnessOfASmallNetwork) {
  const auto options = at::TensorOptions(at::kDouble);
  const at::Tensor inputs = random_vector(20 * 5, 1, options).view({20, 5});
  const at::Tensor targets = random_vector(20 * 3, 2, options).view({20, 3});
  const at::Tensor weights = random_vector(5 * 8 + 8 + 8 * 3 + 3, 3, options).mul(0.6);
  const auto loss = [&](const at::Tensor& w) {
    const at::Tensor hidden =
        inputs.matmul(w.slice(0, 0, 40).view({5, 8})).add(w.slice(0, 40, 48)).tanh();
    const at::Tensor outputs = hidden.matmul(w.slice(0, 48, 72).view({8, 3})).add(w.slice(0, 72));
    return (outputs - targets).square().mean();
  };
  const auto product = [&](const at::Tensor& x) {
    const at::AutoGradMode with_gradients(true);
    const at::Tensor leaf = weights.detach().requires_grad_();
    const at::Tensor gradient =
        torch::autograd::grad({loss(leaf)}, {leaf}, {}, true, /*create_graph=*/true).front();
    return torch::autograd::grad({gradient}, {leaf}, {x}).front();
  };
  std::vector<at::Tensor> columns;
  const at::Tensor identity = at::eye(weights.numel(), options);
  for (std::int64_t i = 0; i < weights.numel(); ++i) columns.push_back(product(identity[i]));
  const at::Tensor hessian = at::stack(columns);
  ASSERT_LT(std::get<0>(at::linalg_eigh(hessian))[0].item<double>(), -0.01);
  expect_as_dense(hessian, largest_eigenvalue(product, start_of(weights.numel()), kSharp), 1e-8);
}

}  // namespace
}  // namespace timetrial::curvature
