// Sensitivity to the learning rate, against numbers worked out by hand and printed ones.
#include "scoring/sensitivity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace timetrial::scoring {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> rates_of(const std::vector<RateLoss>& losses) {
  std::vector<double> rates;
  for (const auto& point : losses) rates.push_back(point.rate);
  return rates;
}

// Losses of a calibration of bytes_lm in another program, to three digits, and its S.
const std::vector<RateLoss> kPlain{{3e-4, 2.610}, {1e-3, 2.403}, {3e-3, 2.250}, {1e-2, 2.045},
                                   {3e-2, 2.044}, {1e-1, 2.184}, {3e-1, 3.074}};
const std::vector<RateLoss> kQkNorm{{3e-4, 2.605}, {1e-3, 2.401}, {3e-3, 2.255}, {1e-2, 2.073},
                                    {3e-2, 2.022}, {1e-1, 2.091}, {3e-1, 2.350}};
const double kUniform = std::log(256.0);

TEST(Sensitivity, IsThatOfTheCalibration) {
  constexpr double kRounding = 0.001;
  EXPECT_NEAR(sensitivity(kPlain, kUniform).value, 0.328, kRounding);
  EXPECT_NEAR(sensitivity(kQkNorm, kUniform).value, 0.234, kRounding);
  EXPECT_NEAR(sensitivity(within(kPlain, 3e-3, 3e-1), kUniform).value, 0.276, kRounding);
  EXPECT_NEAR(sensitivity(within(kQkNorm, 3e-3, 3e-1), kUniform).value, 0.136, kRounding);
  EXPECT_NEAR(sensitivity(around_best(kPlain, 5), kUniform).value, 0.276, kRounding);
}

TEST(Sensitivity, CountsWhatDivergedAsTheInitialLoss) {
  // By hand: (1 + 0 + 4 + 4) / 4 with the initial loss 5 and the best 1.
  const auto found = sensitivity({{1, 2}, {2, 1}, {4, kNaN}, {8, 70}}, 5);
  EXPECT_DOUBLE_EQ(found.value, 2.25);
  EXPECT_DOUBLE_EQ(sensitivity({{1, 2}, {2, 1}, {4, kInfinity}, {8, 5}}, 5).value, 2.25);
  EXPECT_EQ(found.best_rate, 2);
  EXPECT_EQ(found.best_loss, 1);
  EXPECT_EQ(found.rates, 4U);
  EXPECT_EQ(found.at_initial, 2U);
  EXPECT_FALSE(found.best_at_edge);
  EXPECT_FALSE(found.never_learned);
  EXPECT_THAT(blind_spots(found), IsEmpty());
}

TEST(Sensitivity, SaysWhereItIsBlind) {
  const auto nothing = sensitivity({{1, 5}, {2, kNaN}, {3, 6}}, 5);
  EXPECT_EQ(nothing.value, 0);
  EXPECT_TRUE(nothing.never_learned);
  EXPECT_THAT(blind_spots(nothing), ElementsAre(HasSubstr("S = 0 says nothing")));
  EXPECT_THAT(blind_spots(sensitivity({{0.1, 3}, {0.2, 2}, {0.3, 1}}, 5)),
              ElementsAre(HasSubstr("at the end of the grid (0.3)")));
}

TEST(Sensitivity, WindowsSlideWithTheOptimum) {
  EXPECT_THAT(rates_of(around_best({{1, 9}, {2, 8}, {3, 1}, {4, 8}, {5, 9}}, 3)),
              ElementsAre(2, 3, 4));
  EXPECT_THAT(rates_of(around_best({{1, 1}, {2, 8}, {3, 2}, {4, 8}, {5, 9}}, 3)),
              ElementsAre(1, 2, 3));
  EXPECT_THAT(rates_of(around_best({{1, kNaN}, {2, 8}, {3, 2}, {4, 8}, {5, 1}}, 3)),
              ElementsAre(3, 4, 5));
  EXPECT_THAT(rates_of(around_best({{1, kNaN}, {2, kNaN}, {3, kNaN}}, 2)), ElementsAre(2, 3));
  EXPECT_THAT(rates_of(around_best({{1, 1}, {2, 2}}, 3)), ElementsAre(1, 2));
}

TEST(Sensitivity, RefusesWhatItHasNoNumberFor) {
  EXPECT_THROW(sensitivity({}, 5), std::invalid_argument);
  EXPECT_THROW(sensitivity({{1, 1}, {1, 2}}, 5), std::invalid_argument);
  EXPECT_THROW(sensitivity({{0, 1}}, 5), std::invalid_argument);
  EXPECT_THROW(sensitivity({{1, 1}}, kNaN), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::scoring
