#include "harness/sdk/loss_curve.h"

#include <ATen/ops/scalar_tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace timetrial::sdk {
namespace {

at::Tensor scalar(double value) { return at::scalar_tensor(value); }

TEST(LossRecorder, GivesEachStepsFirstLoss) {
  LossRecorder recorder;
  recorder.add(4, scalar(1));
  recorder.add(4, scalar(9));  // a second pass of the same step
  recorder.add(5, scalar(2));
  const auto curve = recorder.take();
  EXPECT_EQ(curve.first_step, 4);
  EXPECT_EQ(curve.stride, 1);
  EXPECT_THAT(curve.losses, testing::ElementsAre(1, 2));
  EXPECT_TRUE(recorder.take().losses.empty());
  recorder.add(6, scalar(3));
  EXPECT_EQ(recorder.take().first_step, 6);
}

TEST(LossRecorder, GrowsCoarserInsteadOfLonger) {
  constexpr int kSteps = 20'001;
  LossRecorder recorder;
  for (int i = 0; i < kSteps; ++i) recorder.add(i, scalar(i));
  const auto curve = recorder.take();
  EXPECT_EQ(curve.first_step, 0);
  EXPECT_EQ(curve.stride, 4);
  ASSERT_LE(curve.losses.size(), LossRecorder::kMostPoints);
  ASSERT_EQ(curve.losses.size(), 5001U);
  for (std::size_t i = 0; i < 5000; ++i) {
    ASSERT_FLOAT_EQ(curve.losses[i], 4.F * float(i) + 1.5F) << i;
  }
  EXPECT_EQ(curve.losses.back(), 20'000);
  recorder.add(kSteps, scalar(1));
  EXPECT_EQ(recorder.take().stride, 1) << "the next stretch starts anew";
}

TEST(LossRecorder, KeepsWhatIsNotFinite) {
  LossRecorder recorder;
  recorder.add(0, scalar(std::numeric_limits<double>::quiet_NaN()));
  recorder.add(1, scalar(std::numeric_limits<double>::infinity()));
  const auto curve = recorder.take();
  ASSERT_EQ(curve.losses.size(), 2U);
  EXPECT_TRUE(std::isnan(curve.losses[0]));
  EXPECT_TRUE(std::isinf(curve.losses[1]));
}

}  // namespace
}  // namespace timetrial::sdk
