#include "workloads/data/subset.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace timetrial::data {
namespace {

TEST(Subset, IsDifferentNumbersWithinBounds) {
  const auto chosen = subset(1000, 600, "x");
  EXPECT_EQ(chosen.size(), 600u);
  EXPECT_EQ(std::set<std::int64_t>(chosen.begin(), chosen.end()).size(), 600u);
  const auto [low, high] = std::minmax_element(chosen.begin(), chosen.end());
  EXPECT_GE(*low, 0);
  EXPECT_LT(*high, 1000);
}

TEST(Subset, AShorterOneIsTheBeginningOfALongerOne) {
  auto longer = subset(1000, 50, "x");
  longer.resize(20);
  EXPECT_EQ(subset(1000, 20, "x"), longer);
  EXPECT_NE(subset(1000, 20, "y"), longer);
}

TEST(Subset, EachNumberIsAsLikely) {
  double sum = 0;
  for (const std::int64_t one : subset(100'000, 10'000, "x")) sum += static_cast<double>(one);
  EXPECT_NEAR(sum / 10'000, 50'000, 1'000);  // three standard errors are 860
}

TEST(Subset, RefusesMoreThanThereAre) {
  EXPECT_TRUE(subset(3, 0, "x").empty());
  EXPECT_EQ(subset(3, 3, "x").size(), 3u);
  EXPECT_THROW(subset(3, 4, "x"), std::invalid_argument);
  EXPECT_THROW(subset(3, -1, "x"), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::data
