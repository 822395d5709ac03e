// What must hold exactly of the rules that combine task gradients.
#include "tests/optim/multitask/gradients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace timetrial::multitask {
namespace {

using testing::DoubleNear;
using testing::Each;
using testing::Pointwise;

constexpr int kSeeds = 50;

/// All pairs of them point the same way.
Rows agreeing_rows(std::size_t tasks, std::uint64_t seed) {
  Rows rows = random_rows(tasks, 12, seed);
  for (auto& row : rows) {
    for (double& one : row) one = std::fabs(one);
  }
  return rows;
}

Gram orthonormal(std::size_t tasks) {
  Gram gram(tasks);
  for (std::size_t i = 0; i < tasks; ++i) gram(i, i) = 1;
  return gram;
}

TEST(Identities, NashAndImtlWeighTwoTasksByTheOthersNorm) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const Gram gram = random_gram(2, 12, seed);
    const double expected = std::sqrt(gram(1, 1) / gram(0, 0));
    for (const auto& a : {nash(gram), nash(gram, {.iterations = 20}), imtl_g(gram)}) {
      EXPECT_NEAR(a[0] / a[1], expected, 1e-4 * expected);
    }
    const auto exact = nash(gram);
    EXPECT_NEAR(exact[0] / exact[1], expected, 1e-8 * expected);
  }
}

TEST(Identities, NashSolvesItsEquation) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const Gram gram = random_gram(4, 12, seed);
    const auto a = nash(gram, {.max_norm = 0});
    const auto along = products(gram, a);
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(along[i] * a[i], 1, 1e-6);
    EXPECT_NEAR(combined_norm(gram, a), 2, 1e-6);  // the root of the number of tasks
    EXPECT_NEAR(combined_norm(gram, nash(gram, {.max_norm = 0.5})), 0.5, 1e-5);
  }
}

TEST(Identities, ImtlProjectsEquallyOnAllUnitGradients) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const Gram gram = random_gram(4, 12, seed);
    const auto a = imtl_g(gram);
    const auto along = products(gram, a), lengths = norms(gram);
    EXPECT_NEAR(std::accumulate(a.begin(), a.end(), 0.0), 1, 1e-9);
    for (std::size_t i = 1; i < a.size(); ++i) {
      EXPECT_NEAR(along[i] / lengths[i], along[0] / lengths[0], 1e-9 * lengths[0]);
    }
  }
}

TEST(Identities, CaGradOfNoRadiusIsTheMean) {
  const Gram gram = random_gram(5, 12, 1);
  for (const auto rescale : {Rescale::none, Rescale::by_square, Rescale::by_sum}) {
    EXPECT_THAT(cagrad(gram, {.c = 0, .rescale = rescale}), Each(DoubleNear(0.2, 1e-12)));
  }
}

TEST(Identities, CaGradStaysWithinItsRadiusAndLiftsTheWorstTask) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const Gram gram = random_gram(4, 12, seed);
    const Coefficients mean(4, 0.25);
    const double radius = 0.6 * combined_norm(gram, mean);
    auto a = cagrad(gram, {.c = 0.6, .rescale = Rescale::none});
    const auto along = products(gram, a), before = products(gram, mean);
    EXPECT_GT(*std::min_element(along.begin(), along.end()),
              *std::min_element(before.begin(), before.end()));
    for (double& one : a) one -= 0.25;
    EXPECT_NEAR(combined_norm(gram, a), radius, 1e-9 * radius);
    // At the optimum the tasks that hold d away from the mean are equally badly off, and none is
    // worse.
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double worst = *std::min_element(along.begin(), along.end());
      EXPECT_TRUE(a[i] < 1e-6 || along[i] < worst + 1e-6 * gram(i, i));
    }
    const auto square = cagrad(gram, {.c = 0.6, .rescale = Rescale::by_square});
    const auto sum = cagrad(gram, {.c = 0.6, .rescale = Rescale::by_sum});
    EXPECT_NEAR(square[0] * 1.36, a[0] + 0.25, 1e-12);
    EXPECT_NEAR(sum[0] * 1.6, a[0] + 0.25, 1e-12);
  }
}

TEST(Identities, PcGradAndGradVacWithoutConflictAreTheSum) {
  const Gram gram = gram_of(agreeing_rows(4, 3));
  const auto orders = shuffled_orders(4, 1);
  EXPECT_THAT(pcgrad(gram, orders), Each(1.0));
  EXPECT_THAT(GradVac(4, 0.5).combine(gram, {0, 1, 2, 3}, orders), Each(1.0));
}

TEST(Identities, PcGradLeavesNoConflictOfTwoTasks) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const Gram gram = random_gram(2, 3, seed);
    const auto along = products(gram, pcgrad(gram, shuffled_orders(2, seed)));
    EXPECT_GE(along[0], -1e-12);
    EXPECT_GE(along[1], -1e-12);
  }
}

TEST(Identities, GradVacReachesTheSimilarityThatItWants) {
  Gram agreeing(2), opposed(2);
  agreeing(0, 0) = agreeing(1, 1) = opposed(0, 0) = 1;
  agreeing(0, 1) = agreeing(1, 0) = 0.8;
  opposed(1, 1) = 4;
  opposed(0, 1) = opposed(1, 0) = -1;
  GradVac rule(2, 0.5);
  rule.combine(agreeing, {0, 1}, {{1}, {0}});
  EXPECT_THAT(rule.state(), testing::ElementsAre(0, 0.4, 0.4, 0));
  // Each gradient is turned to a cosine of 0.4 with the other: the first by x times the second.
  const double sine = std::sqrt(1 - 0.16), x = (0.4 * std::sqrt(0.75) + 0.5 * sine) / (2 * sine);
  const auto a = rule.combine(opposed, {0, 1}, {{1}, {0}});
  EXPECT_NEAR(a[1], 1 + x, 1e-12);
  EXPECT_NEAR((-1 + 4 * x) / 2 / std::sqrt(1 - 2 * x + 4 * x * x), 0.4, 1e-12);
}

TEST(Identities, AlignedPcGradAndTheSumAgreeOnOrthonormalRows) {
  const Gram gram = orthonormal(5);
  EXPECT_THAT(aligned(gram), Each(DoubleNear(1, 1e-12)));
  EXPECT_THAT(pcgrad(gram, shuffled_orders(5, 1)), Each(1.0));
}

TEST(Identities, AlignedMakesAllComponentsAsLongAsTheShortest) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    // a = B 1 with B G B = l_min I, so |d|^2 = a^T G a = K l_min.
    Gram gram = random_gram(3, 12, seed);
    const double squared = std::pow(combined_norm(gram, aligned(gram)), 2) / 3;
    const double whole = gram(0, 0) * gram(1, 1) * gram(2, 2);
    for (std::size_t i = 0; i < 3; ++i) gram(i, i) -= squared * (1 - 1e-6);
    const double determinant = gram(0, 0) * (gram(1, 1) * gram(2, 2) - gram(1, 2) * gram(2, 1)) -
                               gram(0, 1) * (gram(1, 0) * gram(2, 2) - gram(1, 2) * gram(2, 0)) +
                               gram(0, 2) * (gram(1, 0) * gram(2, 1) - gram(1, 1) * gram(2, 0));
    EXPECT_NEAR(determinant / whole, 0, 1e-5);
    EXPECT_GT(gram(0, 0), 0);
    EXPECT_GT(gram(0, 0) * gram(1, 1) - gram(0, 1) * gram(1, 0), 0);  // none below it
  }
}

TEST(Identities, GeometricMeanHasEqualRelativeParts) {
  const auto a = geometric({0.5, 2, 4});
  const double mean = std::cbrt(4.0);
  EXPECT_THAT(a, Pointwise(DoubleNear(1e-12), {mean / 1.5, mean / 6, mean / 12}));
  EXPECT_THAT(geometric({0.5, -2}), Each(1.0));
}

}  // namespace
}  // namespace timetrial::multitask
