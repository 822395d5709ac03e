// The random numbers that made-up data are of.
#include "workloads/multitask/generated.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace timetrial::multitask {
namespace {

TEST(Generated, DrawsAreAFunctionOfTheSeed) {
  Draws first(7), second(7), other(8);
  const auto numbers = first.normals(100);
  EXPECT_EQ(numbers, second.normals(100));
  EXPECT_NE(numbers, other.normals(100));
}

TEST(Generated, NormalsHaveMeanZeroAndVarianceOne) {
  const auto moments = moments_of(Draws(1).normals(100'000));
  EXPECT_NEAR(moments.mean, 0, 0.015);  // five standard errors
  EXPECT_NEAR(moments.deviation, 1, 0.012);
}

// Quantiles of Student's t: 0.75 at 0.7649 for 3 degrees of freedom, 0.9 at 1.8856 for 2, from
// tables.
TEST(Generated, StudentsTHasTheQuantilesOfTheTables) {
  struct Case {
    double degrees, below, share;
  };
  for (const Case& c : {Case{3, 0.7649, 0.75}, Case{2, 1.8856, 0.9}, Case{2, -1.8856, 0.1}}) {
    Draws draws(2);
    constexpr int kCount = 100'000;
    int found = 0;
    for (int i = 0; i < kCount; ++i) found += draws.student_t(c.degrees) < c.below;
    EXPECT_NEAR(found / double{kCount}, c.share, 5 * std::sqrt(0.25 / kCount)) << c.below;
  }
}

TEST(Generated, AMatrixTimesAVectorIsByRows) {
  const Matrix matrix{2, 3, {1, 2, 3, 4, 5, 6}};
  EXPECT_EQ(matrix.times({1, 10, 100}), (std::vector<double>{321, 654}));
}

TEST(Generated, CorrelatedMatricesHaveTheCorrelation) {
  const auto first = normal_matrix(100, 400, 3), second = correlated(first, 0.8, 4);
  double product = 0, first_square = 0, second_square = 0;
  for (std::size_t i = 0; i < first.values.size(); ++i) {
    product += first.values[i] * second.values[i];
    first_square += first.values[i] * first.values[i];
    second_square += second.values[i] * second.values[i];
  }
  EXPECT_NEAR(product / std::sqrt(first_square * second_square), 0.8, 0.01);
  EXPECT_NEAR(second_square / 100, 1, 0.05);  // variance 1 / columns
  EXPECT_EQ(correlated(first, 1, 4).values, first.values);
}

TEST(Generated, ATanhNetworkIsItsLayers) {
  const TanhNetwork network({3, 4, 2}, 1.5, 9);
  auto x = std::vector<double>{0.3, -1, 2};
  const auto found = network(x);
  for (std::uint64_t layer = 0; layer < 2; ++layer) {
    const std::int64_t in = layer == 0 ? 3 : 4, out = layer == 0 ? 4 : 2;
    x = normal_matrix(out, in, derive_seed(9, "layer", layer)).times(x);
    for (double& value : x) value = std::tanh(1.5 * value);
  }
  ASSERT_EQ(found.size(), 2U);
  EXPECT_NEAR(found[0], x[0], 1e-12);
  EXPECT_NEAR(found[1], x[1], 1e-12);
}

}  // namespace
}  // namespace timetrial::multitask
