#include "workloads/nn/twice_differentiable.h"

#include <gtest/gtest.h>

namespace timetrial::nn {
namespace {

using Tensors = std::vector<at::Tensor>;

/// x^3 y, counting who computes it.
struct Cubic {
  int fast = 0, plain = 0;
  at::Tensor operator()(const Tensors& inputs) {
    return twice_differentiable(
        inputs,
        [this](const Tensors& in) {
          ++fast;
          return in[0].pow(3) * in[1];
        },
        [this](const Tensors& in) {
          ++plain;
          return in[0] * in[0] * in[0] * in[1];
        });
  }
};

at::Tensor scalar(double value) { return at::full({}, value).requires_grad_(true); }

TEST(TwiceDifferentiable, FirstGradientsAreTheFastOnes) {
  Cubic cubic;
  const auto x = scalar(2), y = scalar(5);
  const auto value = cubic({x, y});
  EXPECT_EQ(value.item<double>(), 40);
  value.backward();
  EXPECT_EQ(x.grad().item<double>(), 60);
  EXPECT_EQ(y.grad().item<double>(), 8);
  EXPECT_EQ(cubic.fast, 1);
  EXPECT_EQ(cubic.plain, 0);
}

TEST(TwiceDifferentiable, SecondGradientsReachAllInputsAndWhatIsBeforeThem) {
  Cubic cubic;
  const auto x = scalar(2), y = scalar(5);
  const auto value = cubic({2 * x, y});  // 8 x^3 y
  const auto first = torch::autograd::grad({value}, {x, y}, {}, true, true);
  EXPECT_EQ(first[0].item<double>(), 24 * 4 * 5);
  EXPECT_EQ(cubic.plain, 1);
  const auto second = torch::autograd::grad({first[0] + first[1]}, {x, y});
  EXPECT_EQ(second[0].item<double>(), 48 * 2 * 5 + 24 * 4);
  EXPECT_EQ(second[1].item<double>(), 24 * 4);
}

TEST(TwiceDifferentiable, InputsWithoutGradientAreLeftAlone) {
  Cubic cubic;
  const auto x = scalar(2), y = at::full({}, 5.0);
  cubic({x, y}).backward();
  EXPECT_EQ(x.grad().item<double>(), 60);
  EXPECT_FALSE(cubic({at::full({}, 2.0), y}).requires_grad());
}

TEST(TwiceDifferentiable, GradientsMayBeTakenAgainWhileTheGraphIsKept) {
  Cubic cubic;
  const auto x = scalar(2), y = scalar(5);
  const auto value = cubic({x, y});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(torch::autograd::grad({value}, {x}, {}, true)[0].item<double>(), 60);
  }
}

}  // namespace
}  // namespace timetrial::nn
