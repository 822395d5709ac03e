#include "harness/tuning/halton.h"

#include <gtest/gtest.h>
#include <timetrial/random.h>

#include <algorithm>
#include <cmath>

namespace timetrial::tuning {
namespace {

using Points = std::vector<std::vector<double>>;

/// Largest difference between the share of points in [0, x) × [0, y) and its area, over the corners
/// that the points themselves make: the star discrepancy in two dimensions.
double star_discrepancy(const Points& points) {
  double worst = 0;
  for (const auto& px : points) {
    for (const auto& py : points) {
      const double x = px[0], y = py[1];
      double open = 0, closed = 0;
      for (const auto& p : points) {
        open += p[0] < x && p[1] < y ? 1 : 0;
        closed += p[0] <= x && p[1] <= y ? 1 : 0;
      }
      const auto n = static_cast<double>(points.size());
      worst = std::max({worst, std::abs(open / n - x * y), std::abs(closed / n - x * y)});
    }
  }
  return worst;
}

TEST(Halton, EveryDimensionIsStratifiedInItsBase) {
  // Among the first b^2 points each interval of length b^-2 holds exactly one.
  const std::vector<std::uint64_t> bases{2, 3, 5, 7, 11};
  for (const std::uint64_t seed : {1ULL, 2ULL, 99ULL}) {
    const Halton halton(bases.size(), seed);
    for (std::size_t j = 0; j < bases.size(); ++j) {
      SCOPED_TRACE(bases[j]);
      const std::uint64_t cells = bases[j] * bases[j];
      std::vector<int> counts(cells);
      for (std::uint64_t i = 0; i < cells; ++i) {
        const double u = halton.at(i)[j];
        ASSERT_GE(u, 0);
        ASSERT_LT(u, 1);
        ++counts[static_cast<std::size_t>(u * static_cast<double>(cells))];
      }
      EXPECT_EQ(*std::max_element(counts.begin(), counts.end()), 1);
    }
  }
}

TEST(Halton, DiscrepancyIsBelowThatOfPlainRandomPoints) {
  constexpr std::uint64_t kPoints = 128;
  for (const std::uint64_t seed : {1ULL, 2ULL, 3ULL}) {
    SCOPED_TRACE(seed);
    const Halton halton(2, seed);
    Random random(seed);
    Points quasi, plain;
    for (std::uint64_t i = 0; i < kPoints; ++i) {
      quasi.push_back(halton.at(i));
      plain.push_back({random.uniform(), random.uniform()});
    }
    EXPECT_LT(star_discrepancy(quasi), 0.5 * star_discrepancy(plain));
  }
}

TEST(Halton, HighBasesAreNotCorrelated) {
  // Without scrambling, bases 59 and 61 lie on a line for their first points (Owen 2017, figure 1).
  const Halton halton(18, 5);
  double covariance = 0;
  constexpr int kPoints = 59;
  for (std::uint64_t i = 0; i < kPoints; ++i) {
    const auto point = halton.at(i);
    covariance += (point[16] - 0.5) * (point[17] - 0.5) * 12 / kPoints;
  }
  EXPECT_LT(std::abs(covariance), 0.4);
}

TEST(Halton, MoreDimensionsLeaveTheFirstAsTheyAre) {
  const Halton two(2, 7), five(5, 7);
  for (std::uint64_t i = 0; i < 10; ++i) {
    EXPECT_EQ(two.at(i)[0], five.at(i)[0]);
    EXPECT_EQ(two.at(i)[1], five.at(i)[1]);
  }
}

}  // namespace
}  // namespace timetrial::tuning
