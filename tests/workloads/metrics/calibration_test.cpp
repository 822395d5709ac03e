#include "workloads/metrics/calibration.h"
#include "workloads/metrics/shape_bias.h"

#include "tests/workloads/metrics/classifier_record.h"

#include <timetrial/random.h>

#include <ATen/ops/empty.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace timetrial::metrics {
namespace {

TEST(Calibration, EqualsPublicPackages) {
  const auto record = read_classifier_record();
  const auto found = calibration(record.logits, record.labels);
  EXPECT_NEAR(found.ece, record.number("ece"), 1e-7);
  EXPECT_NEAR(found.nll, record.number("nll"), 1e-9);
  EXPECT_NEAR(found.brier, record.number("brier"), 1e-12);
  const double temperature = fit_temperature(record.logits, record.labels);
  EXPECT_NEAR(temperature, record.number("temperature"), 1e-5);
  const auto scaled = calibration(record.logits, record.labels, temperature);
  EXPECT_LT(scaled.nll, found.nll);
  EXPECT_EQ(scaled.accuracy, found.accuracy);
}

/// Labels drawn from the probabilities that the logits state, times `sharpness`.
Calibration of_drawn_labels(double sharpness) {
  constexpr std::int64_t kExamples = 100'000;
  Random random(5);
  at::Tensor logits = at::empty({kExamples, 3}, at::kDouble),
             labels = at::empty({kExamples}, at::kLong);
  auto* score = logits.mutable_data_ptr<double>();
  auto* label = labels.mutable_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < kExamples; ++i, score += 3) {
    double sum = 0;
    for (int k = 0; k < 3; ++k) sum += std::exp(score[k] = 4 * random.uniform());
    double left = random.uniform() * sum;
    int drawn = 0;
    while (drawn < 2 && (left -= std::exp(score[drawn])) > 0) ++drawn;
    label[i] = drawn;
  }
  return calibration(logits.mul(sharpness), labels);
}

TEST(Calibration, OfPerfectConfidenceIsNearZeroAndOfTooMuchIsNot) {
  EXPECT_LT(of_drawn_labels(1).ece, 0.01);
  EXPECT_GT(of_drawn_labels(3).ece, 0.1);
  EXPECT_GT(of_drawn_labels(0.3).ece, 0.1);
}

TEST(Calibration, OfAConstantGuessIsKnown) {
  // Four equal scores: confidence 1/4, the first class is the answer, one label in four.
  const auto found =
      calibration(at::zeros({8, 4}), at::tensor({0, 1, 2, 3, 0, 1, 2, 3}, at::kLong));
  EXPECT_NEAR(found.ece, 0, 1e-12);
  EXPECT_NEAR(found.nll, std::log(4.0), 1e-12);
  EXPECT_NEAR(found.brier, 0.75, 1e-12);
  EXPECT_EQ(found.accuracy, 0.25);
}

TEST(Calibration, BinsAreClosedAbove) {
  const auto error = [](double confidence, bool right) {
    return expected_calibration_error(at::tensor({confidence}, at::kDouble),
                                      at::tensor({right ? 1 : 0}, at::kLong), 2);
  };
  EXPECT_DOUBLE_EQ(error(1, true), 0);
  EXPECT_DOUBLE_EQ(error(0, true), 1);
  // 0.5 with 0.4 in the lower of two bins, 0.6 alone in the upper one.
  EXPECT_DOUBLE_EQ(expected_calibration_error(at::tensor({0.5, 0.4, 0.6}, at::kDouble),
                                              at::tensor({0, 1, 1}, at::kLong), 2),
                   (std::abs(0.9 - 1) + 0.4) / 3);
}

TEST(Calibration, RefusesWhatDoesNotFit) {
  const auto labels = at::zeros({2}, at::kLong);
  EXPECT_THROW(calibration(at::zeros({2}), labels), std::invalid_argument);
  EXPECT_THROW(calibration(at::zeros({3, 2}), labels), std::invalid_argument);
  EXPECT_THROW(calibration(at::zeros({2, 2}), labels + 2), std::invalid_argument);
  EXPECT_THROW(calibration(at::zeros({0, 2}), at::zeros({0}, at::kLong)), std::invalid_argument);
  EXPECT_THROW(calibration(at::zeros({2, 2}), labels, 0), std::invalid_argument);
}

TEST(ShapeBias, CountsAnswersThatAreTheShapeOrTheTexture) {
  const auto shapes = at::tensor({0, 1, 2, 3, 1}, at::kLong),
             textures = at::tensor({1, 2, 3, 0, 1}, at::kLong);
  const auto saying = [&](const at::Tensor& answers) {
    return shape_bias(at::one_hot(answers, 5).to(at::kFloat), shapes, textures);
  };
  EXPECT_EQ(saying(shapes).bias(), 1);
  EXPECT_EQ(saying(textures).bias(), 0);
  EXPECT_EQ(saying(shapes).images, 4) << "where both agree nothing is told";
  const auto mixed = saying(at::tensor({0, 1, 3, 4, 1}, at::kLong));
  EXPECT_DOUBLE_EQ(mixed.bias(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(mixed.decided(), 3.0 / 4);
  EXPECT_TRUE(std::isnan(saying(at::tensor({4, 4, 4, 4, 4}, at::kLong)).bias()));
}

TEST(SuperClasses, HaveTheMeanOfTheirClasses) {
  const auto found = of_super_classes(at::tensor({0.1, 0.2, 0.3, 0.4}).unsqueeze(0),
                                      at::tensor({0, 0, 2, -1}, at::kLong), 3);
  EXPECT_TRUE(found.allclose(at::tensor({0.15, 0.0, 0.3}).unsqueeze(0)));
  EXPECT_THROW(of_super_classes(at::zeros({1, 2}), at::tensor({0, 3}, at::kLong), 3),
               std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::metrics
