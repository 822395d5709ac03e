// MGDA: the optimum's conditions, brute force, and normalizations.
#include "tests/optim/multitask/gradients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace timetrial::multitask {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

double sum(const Coefficients& a) { return std::accumulate(a.begin(), a.end(), 0.0); }

TEST(Mgda, HasEqualProductsWithActiveGradientsAndNoSmallerOne) {
  int inactive = 0;
  for (const std::size_t tasks : {2U, 3U, 5U, 8U, 40U}) {
    for (int seed = 0; seed < 50; ++seed) {
      SCOPED_TRACE(testing::Message() << tasks << " tasks, seed " << seed);
      const Gram gram = random_gram(tasks, 60, seed);
      const auto w = mgda(gram);
      const auto along = products(gram, w);
      const double squared = std::pow(combined_norm(gram, w), 2);
      EXPECT_NEAR(sum(w), 1, 1e-9);
      for (std::size_t i = 0; i < tasks; ++i) {
        EXPECT_GE(w[i], 0);
        EXPECT_GE(along[i], squared - 1e-9);
        EXPECT_TRUE(w[i] < 1e-9 || along[i] < squared + 1e-9);
        inactive += w[i] == 0;
      }
    }
  }
  EXPECT_GT(inactive, 10) << "no case had an inactive gradient";
}

TEST(Mgda, IsNoLongerThanAnyPointOfAGrid) {
  constexpr int kParts = 60;
  for (int seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(seed);
    const Gram gram = random_gram(3, 2 + seed % 3, seed);
    const double found = combined_norm(gram, mgda(gram));
    double least = 1e9;
    for (int i = 0; i <= kParts; ++i) {
      for (int j = 0; i + j <= kParts; ++j) {
        const double x = i / double{kParts}, y = j / double{kParts};
        least = std::min(least, combined_norm(gram, {x, y, 1 - x - y}));
      }
    }
    EXPECT_LE(found, least + 1e-6);
    const auto lengths = norms(gram);
    EXPECT_GE(found, least - *std::max_element(lengths.begin(), lengths.end()) / kParts);
  }
}

TEST(Mgda, TwoTasksHaveTheClosedForm) {
  for (int seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    const Gram gram = random_gram(2, 6, seed);
    const double between = gram(0, 0) - 2 * gram(0, 1) + gram(1, 1);
    const double first = std::clamp((gram(1, 1) - gram(0, 1)) / between, 0.0, 1.0);
    EXPECT_THAT(mgda(gram), ElementsAre(DoubleNear(first, 1e-12), DoubleNear(1 - first, 1e-12)));
  }
}

TEST(Mgda, ThePublishedSearchComesNearTheOptimum) {
  for (int seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    const Gram gram = random_gram(4, 12, seed);
    const double best = combined_norm(gram, mgda(gram));
    const double found = combined_norm(gram, mgda(gram, {}, {.published = true}));
    EXPECT_GE(found, best - 1e-12);
    EXPECT_LE(found, best * 1.05);
  }
}

TEST(Mgda, NormalizationsDivideTheGradients) {
  const std::vector<double> losses{0.5, 3, 2};
  const Rows rows = random_rows(3, 12, 5);
  const auto lengths = norms(gram_of(rows));
  const struct {
    Normalization normalization;
    std::vector<double> by;
  } cases[] = {
      {Normalization::l2, lengths},
      {Normalization::loss, losses},
      {Normalization::loss_plus,
       {lengths[0] * losses[0], lengths[1] * losses[1], lengths[2] * losses[2]}},
  };
  for (const auto& c : cases) {
    Rows scaled = rows;
    for (std::size_t i = 0; i < 3; ++i) {
      for (double& one : scaled[i]) one /= c.by[i];
    }
    auto expected = mgda(gram_of(scaled));
    for (std::size_t i = 0; i < 3; ++i) expected[i] /= c.by[i];
    const auto found = mgda(gram_of(rows), losses, {.normalization = c.normalization});
    EXPECT_THAT(found, testing::Pointwise(DoubleNear(1e-12), expected));
  }
}

TEST(Mgda, ATaskAtItsMinimumTakesAllTheWeight) {
  Gram gram(2);
  gram(0, 0) = 4;
  EXPECT_THAT(mgda(gram), ElementsAre(0, 1));
  EXPECT_THAT(mgda(gram, {1, 0}, {.normalization = Normalization::loss_plus}), ElementsAre(0, 1));
}

}  // namespace
}  // namespace timetrial::multitask
