#include "scoring/sharpness.h"

#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::scoring {
namespace {

Evaluation measured(std::int64_t step, double sharpness, double threshold, double raw) {
  Evaluation evaluation;
  evaluation.step = step;
  evaluation.recorded = {{"diagnose/preconditioned_sharpness", sharpness},
                         {"diagnose/sharpness_threshold", threshold},
                         {"diagnose/raw_sharpness", raw},
                         {"diagnose/sharpness_residual", 0.01},
                         {"raw_sharpness", -1}};
  return evaluation;
}

TEST(SharpnessCurve, ReadsWhatDiagnosesRecorded) {
  Evaluation without;
  without.step = 1;
  const auto points = sharpness_of({without, measured(2, 5, 10, 3)});
  ASSERT_EQ(points.size(), 1U);
  EXPECT_EQ(points[0].step, 2);
  EXPECT_EQ(points[0].raw, 3);
  EXPECT_EQ(points[0].ratio(), 0.5);
  EXPECT_EQ(points[0].residual, 0.01);
}

TEST(SharpnessCurve, ArrivesWithTheFirstRatioNearTheThreshold) {
  const auto points = sharpness_of({measured(1, 4, 10, 3), measured(2, 9.6, 10, 3),
                                    measured(3, 9, 10, 3), measured(4, 11, 10, 3)});
  ASSERT_TRUE(first_reached(points));
  EXPECT_EQ(first_reached(points)->step, 2);
  const auto later = later_ratios(points);
  ASSERT_TRUE(later);
  EXPECT_NEAR(later->mean, 1, 1e-12);
  EXPECT_NEAR(later->least, 0.9, 1e-12);
  EXPECT_NEAR(later->largest, 1.1, 1e-12);
  EXPECT_FALSE(first_reached(sharpness_of({measured(1, 9.4, 10, 3)})));
}

TEST(SharpnessCurve, HasNoRatioWithoutAPreconditionerAndNoneOfWhatIsNotFinite) {
  auto raw_only = measured(1, 1, 1, 3);
  raw_only.recorded.erase("diagnose/preconditioned_sharpness");
  raw_only.recorded.erase("diagnose/sharpness_threshold");
  const auto points = sharpness_of({raw_only});
  ASSERT_EQ(points.size(), 1U);
  EXPECT_FALSE(points[0].ratio());
  EXPECT_FALSE(first_reached(points));
  EXPECT_FALSE(later_ratios(points));
  EXPECT_FALSE(later_ratios({}));
  const auto bad = sharpness_of({measured(1, std::nan(""), 10, 3)});
  EXPECT_FALSE(first_reached(bad));
  EXPECT_TRUE(std::isnan(later_ratios(bad)->mean));
}

}  // namespace
}  // namespace timetrial::scoring
