// Sharpness of a model against the dense Hessian.
#include "harness/curvature/sharpness.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::curvature {
namespace {

/// A network 4-6-2 with tanh in double, with a parameter that the loss does not use.
struct Network {
  at::TensorOptions options = at::TensorOptions(at::kDouble);
  at::Tensor inputs = random_vector(15 * 4, 1, options).view({15, 4});
  at::Tensor targets = random_vector(15 * 2, 2, options).view({15, 2});
  std::vector<at::Tensor> leaves = {leaf({4, 6}, 3), leaf({6}, 4), leaf({6, 2}, 5), leaf({2}, 6),
                                    leaf({3}, 7)};

  at::Tensor leaf(const std::vector<std::int64_t>& shape, std::uint64_t seed) const {
    return random_vector(c10::multiply_integers(shape), seed, options)
        .view(shape)
        .mul(0.7)
        .requires_grad_();
  }
  at::Tensor loss() const {
    return (inputs.matmul(leaves[0]).add(leaves[1]).tanh().matmul(leaves[2]).add(leaves[3]) -
            targets)
        .square()
        .mean();
  }
};

at::Tensor dense(const Hessian& hessian) {
  std::vector<at::Tensor> columns;
  const at::Tensor identity = at::eye(hessian.size(), hessian.options());
  for (std::int64_t i = 0; i < hessian.size(); ++i) columns.push_back(hessian.times(identity[i]));
  return at::stack(columns);
}

double largest(const at::Tensor& matrix) {
  return std::get<0>(at::linalg_eigh(matrix))[-1].item<double>();
}

TEST(Sharpness, IsTheLargestEigenvalueOfTheDenseHessianRawAndPreconditioned) {
  const Network network;
  const Hessian hessian([&] { return network.loss(); }, network.leaves);
  EXPECT_EQ(hessian.size(), 24 + 6 + 12 + 2 + 3);
  const at::Tensor matrix = dense(hessian);
  EXPECT_TRUE(matrix.allclose(matrix.t(), 1e-9, 1e-12));
  EXPECT_EQ(matrix.slice(0, 44).abs().max().item<double>(), 0) << "an unused parameter";
  // P = diag(d): the first tensor is divided by much, the last not at all.
  std::vector<at::Tensor> diagonal;
  for (std::size_t i = 0; i < network.leaves.size(); ++i) {
    diagonal.push_back(
        at::full_like(network.leaves[i], std::pow(10, -static_cast<double>(i))).detach());
  }
  const auto found = measure_sharpness(hessian, diagonal_preconditioner(diagonal, 3),
                                       {.most_products = 47, .tolerance = 1e-10});
  const at::Tensor root = hessian.join(diagonal).rsqrt();
  EXPECT_NEAR(found.raw.value, largest(matrix), 1e-8);
  ASSERT_TRUE(found.preconditioned);
  const double expected = largest(root.unsqueeze(1).mul(matrix).mul(root));
  EXPECT_NEAR(found.preconditioned->value / expected, 1, 1e-8);
  EXPECT_GT(expected, 2 * found.raw.value);
  EXPECT_FALSE(measure_sharpness(hessian, std::nullopt).preconditioned);
}

TEST(Sharpness, HasNoHessianWhereTheLossIsLinear) {
  const at::Tensor weight = at::ones({5}, at::kFloat).requires_grad_();
  const Hessian hessian([&] { return weight.mul(2).sum(); }, {weight});
  const auto found = measure_sharpness(hessian, std::nullopt);
  EXPECT_EQ(found.raw.value, 0);
  EXPECT_TRUE(found.raw.converged);
  EXPECT_FALSE(weight.grad().defined()) << "nothing is left behind";
}

}  // namespace
}  // namespace timetrial::curvature
