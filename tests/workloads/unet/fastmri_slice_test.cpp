// fastMRI's preprocessing: against AlgoPerf's recorded slice, and by properties of the transform.
#include "workloads/unet/fastmri_slice.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <complex>

#include "tests/support/recorded_checks.h"
#include "workloads/recorded_tensor.h"

namespace timetrial::unet {
namespace {

const std::filesystem::path kRecord = std::filesystem::path(FIXTURES) / "data_fastmri_process.json";

TEST(FastMriSlice, EqualsTheRecord) { test::expect_recorded(kRecord); }

TEST(FastMriSlice, AnotherMaskOrImageInTheRecordIsFound) {
  auto record = test::read_record(kRecord);
  auto& pixel = record["inputs"][3][5];
  pixel = pixel.get<double>() + 1e-3;
  EXPECT_FALSE(test::all_passed(test::recorded_checks(record, kRecord)));
  record = test::read_record(kRecord);
  auto& column = record["mask"][0];
  column = 1 - column.get<double>();
  EXPECT_FALSE(test::all_passed(test::recorded_checks(record, kRecord)));
}

// The record's draws turn out to be those of the seed [0, 3]; they were made by TensorFlow 2.19.1.
TEST(StatelessUniform, IsTensorFlows) {
  const at::Tensor recorded =
      workloads::recorded_tensor(test::read_record(kRecord).at("uniform_draws"));
  EXPECT_TRUE(at::equal(stateless_uniform(36, 0, 3), recorded));
  EXPECT_TRUE(at::equal(stateless_uniform(7, 0, 3), recorded.narrow(0, 0, 7)));
  EXPECT_FALSE(at::equal(evaluation_draws(36), recorded));
}

TEST(TrainingDraws, DependOnSeedAndSliceAlone) {
  EXPECT_TRUE(at::equal(training_draws(20, 1, 5), training_draws(20, 1, 5)));
  EXPECT_FALSE(at::equal(training_draws(20, 1, 5), training_draws(20, 1, 6)));
  EXPECT_FALSE(at::equal(training_draws(20, 1, 5), training_draws(20, 2, 5)));
}

TEST(ColumnMask, KeepsTheCentreAndAQuarterInAll) {
  const at::Tensor none = column_mask(at::ones({372}));
  EXPECT_EQ(none.sum().item<double>(), 29);  // int(0.08 * 372)
  EXPECT_EQ(none.nonzero()[0].item<std::int64_t>(), (372 - 29 + 1) / 2);
  double kept = 0;
  for (std::uint64_t slice = 0; slice < 200; ++slice) {
    kept += column_mask(training_draws(372, 9, slice)).sum().item<double>();
  }
  // 343 columns at 0.187 each: a deviation of 7.2 in one mask, 0.5 in the mean of 200.
  EXPECT_NEAR(kept / 200, 93, 2.5);
}

/// The centred orthonormal inverse transform at one pixel, by its definition.
double magnitude_at(const at::Tensor& kspace, std::int64_t row, std::int64_t column) {
  const std::int64_t height = kspace.size(0), width = kspace.size(1);
  std::complex<double> sum = 0;
  for (std::int64_t u = 0; u < height; ++u) {
    for (std::int64_t v = 0; v < width; ++v) {
      const double turns =
          static_cast<double>((u - height / 2) * (row - height / 2)) / static_cast<double>(height) +
          static_cast<double>((v - width / 2) * (column - width / 2)) / static_cast<double>(width);
      const auto value = kspace[u][v].item<c10::complex<float>>();
      sum += std::complex<double>(value.real(), value.imag()) * std::polar(1.0, 2 * M_PI * turns);
    }
  }
  return std::abs(sum) / std::sqrt(static_cast<double>(height * width));
}

TEST(FastMriSlice, IsTheCentredTransformCropped) {
  const at::Tensor noise = at::arange(2 * 9 * 6, at::kFloat).mul(7.3).sin().view({2, 9, 6});
  const at::Tensor kspace = at::complex(noise[0], noise[1]);
  const at::Tensor mask = at::tensor({1.F, 0.F, 1.F, 1.F, 1.F, 0.F});
  const Slice slice = process(kspace, at::zeros({4, 3}), mask);
  for (const auto& [row, column] : {std::pair<std::int64_t, std::int64_t>{0, 0}, {3, 2}, {1, 2}}) {
    const double expected = magnitude_at(kspace * mask, 2 + row, 1 + column);
    EXPECT_NEAR(slice.inputs[row][column].item<double>() * slice.std + slice.mean, expected, 1e-5);
  }
  EXPECT_NEAR(slice.inputs.mean().item<double>(), 0, 1e-6);
  EXPECT_NEAR(slice.inputs.std(false).item<double>(), 1, 1e-6);
  EXPECT_NEAR(slice.targets[0][0].item<double>(), std::max(-6.0, -slice.mean / slice.std), 1e-5);
}

TEST(FastMriSlice, OutliersAreClipped) {
  const at::Tensor kspace = at::complex(at::ones({8, 8}), at::zeros({8, 8}));  // one bright pixel
  const Slice slice = process(kspace, at::full({8, 8}, 1e9F), at::ones({8}));
  EXPECT_EQ(slice.inputs.max().item<double>(), 6);
  EXPECT_EQ(slice.targets.min().item<double>(), 6);
}

TEST(FastMriSlice, OtherTypesAndShapesAreRefused) {
  const at::Tensor kspace = at::complex(at::ones({8, 6}), at::zeros({8, 6}));
  const at::Tensor mask = at::ones({6});
  EXPECT_THROW(process(at::ones({8, 6}), at::ones({4, 4}), mask), std::invalid_argument);
  EXPECT_THROW(process(kspace, at::ones({4, 7}), mask), std::invalid_argument);
  EXPECT_THROW(process(kspace, at::ones({4, 4}), at::ones({8})), std::invalid_argument);
  EXPECT_THROW(column_mask(at::ones({2, 2})), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::unet
