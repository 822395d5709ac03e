#include "scoring/rank_correlation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace timetrial::scoring {
namespace {

TEST(RankCorrelation, EqualsScipyWithAndWithoutTies) {
  // scipy.stats.spearmanr
  EXPECT_NEAR(spearman({1, 2, 3, 4, 5}, {5, 6, 7, 8, 7}).value, 0.8207826816681233, 1e-12);
  EXPECT_NEAR(spearman({32, 32, 32, 64, 64, 64, 96, 96, 96},
                       {0.5, 0.6, 0.4, 0.7, 0.55, 0.8, 0.9, 0.65, 0.75})
                  .value,
              0.7378647873726218, 1e-12);
  EXPECT_EQ(spearman({1, 10, 100, 1000}, {-4, -3, -2, 9}).value, 1);
  EXPECT_EQ(spearman({1, 2, 3}, {3, 2, 1}).value, -1);
}

TEST(RankCorrelation, HasTheIntervalOfBonettAndWright) {
  const auto found = spearman({1, 2, 3, 4, 5}, {5, 6, 7, 8, 7});
  const double r = found.value, reach = 1.959964 * std::sqrt((1 + r * r / 2) / 2);
  EXPECT_NEAR(found.low, std::tanh(std::atanh(r) - reach), 1e-9);
  EXPECT_NEAR(found.high, std::tanh(std::atanh(r) + reach), 1e-9);
  EXPECT_EQ(spearman({1, 2, 3, 4}, {1, 2, 3, 4}).low, 1);
  EXPECT_EQ(spearman({1, 2, 3}, {1, 2, 3}).low, -1) << "three pairs say nothing";
}

TEST(RankCorrelation, IsZeroOfAConstantAndRefusesWhatHasNoRanks) {
  EXPECT_EQ(spearman({1, 2, 3, 4, 5}, {7, 7, 7, 7, 7}).value, 0);
  EXPECT_THROW(spearman({1, 2}, {1}), std::invalid_argument);
  EXPECT_THROW(spearman({}, {}), std::invalid_argument);
  EXPECT_THROW(spearman({1, 2}, {1, std::nan("")}), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::scoring
