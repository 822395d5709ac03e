#include "workloads/metrics/ssim.h"

#include "tests/support/recorded_checks.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace timetrial::metrics {
namespace {

const std::filesystem::path kRecord = std::filesystem::path(TIMETRIAL_SOURCE_DIR) /
                                      "tests/workloads/metrics/fixtures/metric_ssim.json";

at::Tensor ramp(std::int64_t height, std::int64_t width) {
  return at::arange(height * width, at::kFloat).view({1, height, width}).mul(0.01).sin();
}

/// The formula at one window, by its definition: sums over 49 pixels.
double at_window(const at::Tensor& a, const at::Tensor& b, std::int64_t row, std::int64_t column) {
  const auto window = [&](const at::Tensor& image) {
    return image[0].narrow(0, row, 7).narrow(1, column, 7).to(at::kDouble).flatten();
  };
  const at::Tensor x = window(a), y = window(b);
  const double ux = x.mean().item<double>(), uy = y.mean().item<double>();
  const double vx = x.var().item<double>(), vy = y.var().item<double>();
  const double vxy = ((x - ux) * (y - uy)).sum().item<double>() / 48;
  return (2 * ux * uy + 1e-4) * (2 * vxy + 9e-4) / ((ux * ux + uy * uy + 1e-4) * (vx + vy + 9e-4));
}

TEST(Ssim, EqualsTheRecord) { test::expect_recorded(kRecord); }

TEST(Ssim, AnotherValueInTheRecordIsFound) {
  auto record = test::read_record(kRecord);
  auto& value = record["cases"][0]["ssim"][1];
  value = value.get<double>() + 1e-4;
  EXPECT_FALSE(test::all_passed(test::recorded_checks(record, kRecord)));
}

TEST(Ssim, IsTheMeanOverWindowsInside) {
  const at::Tensor a = ramp(9, 8), b = ramp(9, 8).square();
  double sum = 0;
  for (std::int64_t row = 0; row < 3; ++row) {
    for (std::int64_t column = 0; column < 2; ++column) sum += at_window(a, b, row, column);
  }
  EXPECT_NEAR(ssim(a, b).item<double>(), sum / 6, 1e-9);
}

TEST(Ssim, IsOneForEqualImagesAndSymmetric) {
  const at::Tensor a = ramp(12, 12), b = a.flip(1);
  EXPECT_NEAR(ssim(a, a).item<double>(), 1, 1e-12);
  EXPECT_NEAR(ssim(a, b).item<double>(), ssim(b, a).item<double>(), 1e-12);
  EXPECT_LT(ssim(a, b).item<double>(), 0.9);
}

TEST(Ssim, ARangeOfZeroCountsAsOne) {
  const at::Tensor a = ramp(12, 12), b = a.flip(1);
  EXPECT_EQ(ssim(a, b, {.volume_max = at::zeros({1})}).item<double>(), ssim(a, b).item<double>());
}

TEST(Ssim, OtherShapesAreRefused) {
  EXPECT_THROW(ssim(at::zeros({1, 6, 9}), at::zeros({1, 6, 9})), std::invalid_argument);
  EXPECT_THROW(ssim(at::zeros({1, 9, 9}), at::zeros({1, 9, 8})), std::invalid_argument);
  EXPECT_THROW(ssim(at::zeros({9, 9}), at::zeros({9, 9})), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::metrics
