#include "scoring/polynomial_fit.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace timetrial::scoring {
namespace {

TEST(PolynomialFit, GoesThroughPointsOfItsOwnKind) {
  std::vector<FitPoint> points;
  for (const double x : {4.4, 4.7, 5.0, 5.3}) points.push_back({x, 2 - 3 * x + 0.5 * x * x});
  EXPECT_NEAR(fitted_value(points, 2, 5.6), 2 - 3 * 5.6 + 0.5 * 5.6 * 5.6, 1e-10);
  EXPECT_NEAR(fitted_value({{1, 3}, {2, 5}}, 1, 10), 21, 1e-12);
}

TEST(PolynomialFit, IsTheBestInSquares) {
  // y = x^2 at -1, 0, 1: the line with least squares is 2/3.
  EXPECT_NEAR(fitted_value({{-1, 1}, {0, 0}, {1, 1}}, 1, 7), 2.0 / 3, 1e-12);
  // By hand: points (0, 0), (1, 1), (2, 1) have the line 1/6 + x/2.
  EXPECT_NEAR(fitted_value({{0, 0}, {1, 1}, {2, 1}}, 1, 4), 1.0 / 6 + 2, 1e-12);
  EXPECT_NEAR(fitted_value({{0, 1}, {5, 2}, {9, 6}}, 0, 100), 3, 1e-12);
}

TEST(PolynomialFit, NeedsMorePointsThanItsDegree) {
  EXPECT_THROW(fitted_value({{1, 1}, {1, 2}, {2, 3}}, 2, 1), std::invalid_argument);
  EXPECT_THROW(fitted_value({}, 0, 1), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::scoring
