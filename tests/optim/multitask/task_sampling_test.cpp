// Shares of tasks by their sizes, and the counts of a batch.
#include <timetrial/task_sampling.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace timetrial::multitask {
namespace {

using testing::DoubleNear;
using testing::Each;
using testing::ElementsAre;

TEST(TemperatureShares, GoFromProportionToEqualShares) {
  EXPECT_THAT(temperature_shares({900, 100}, 1),
              ElementsAre(DoubleNear(0.9, 1e-12), DoubleNear(0.1, 1e-12)));
  EXPECT_THAT(temperature_shares({900, 100}, 2),
              ElementsAre(DoubleNear(0.75, 1e-12), DoubleNear(0.25, 1e-12)));
  EXPECT_THAT(temperature_shares({900, 100}, std::numeric_limits<double>::infinity()), Each(0.5));
  EXPECT_THAT(temperature_shares({900, 0, 900}, 5), ElementsAre(0.5, 0, 0.5));
  EXPECT_THAT(temperature_shares({0, 0}, 5), Each(0.5));
}

TEST(UnimaxShares, AreEqualUntilATaskIsUsedUp) {
  EXPECT_THAT(unimax_shares({900, 100}, 150, 1), Each(0.5)) << "75 each, within one pass";
  // The small task is seen once, 100 of 400; the rest goes to the large one.
  EXPECT_THAT(unimax_shares({900, 100}, 400, 1), ElementsAre(0.75, 0.25));
  EXPECT_THAT(unimax_shares({900, 100}, 400, 2), Each(0.5));
  // The smallest is used up, the others share what is left of it too.
  EXPECT_THAT(unimax_shares({1000, 10, 1000}, 310, 1),
              ElementsAre(DoubleNear(150 / 310., 1e-12), DoubleNear(10 / 310., 1e-12),
                          DoubleNear(150 / 310., 1e-12)));
  EXPECT_THAT(unimax_shares({300, 100}, 1e9, 1), ElementsAre(0.75, 0.25)) << "all is used up";
}

TEST(SampledCounts, AreTheFloorOrCeilingAndTheShareInTheMean) {
  const std::vector<double> shares{0.55, 0.02, 0.0, 0.43};
  std::vector<double> mean(4, 0.0);
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    const auto counts = sampled_counts(shares, 16, seed);
    ASSERT_EQ(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}), 16);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_GE(static_cast<double>(counts[i]), std::floor(16 * shares[i]));
      EXPECT_LE(static_cast<double>(counts[i]), std::ceil(16 * shares[i]));
      mean[i] += static_cast<double>(counts[i]) / 4000;
    }
  }
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(mean[i], 16 * shares[i], 0.03);
  EXPECT_EQ(sampled_counts(shares, 16, 5), sampled_counts(shares, 16, 5));
}

}  // namespace
}  // namespace timetrial::multitask
