#include "workloads/metrics/probe.h"

#include "tests/workloads/metrics/classifier_record.h"

#include <timetrial/random.h>

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace timetrial::metrics {
namespace {

/// The first half to train on, the second to choose by and to test on.
ProbeData recorded(const ClassifierRecord& record) {
  const std::int64_t half = record.training_examples;
  const LabelledFeatures first{record.features.narrow(0, 0, half),
                               record.labels.narrow(0, 0, half)};
  const LabelledFeatures second{record.features.narrow(0, half, record.labels.size(0) - half),
                                record.labels.narrow(0, half, record.labels.size(0) - half)};
  return {first, second, second, record.logits.size(1)};
}

TEST(RidgeProbe, EqualsScikitLearnForEveryLambda) {
  const auto record = read_classifier_record();
  double best = 0;
  int power_of_best = 0;
  for (int power = -10; power <= 10; ++power) {
    const double accuracy =
        record.json.at("ridge_accuracy").at(std::to_string(power)).get<double>();
    if (accuracy <= best) continue;
    best = accuracy;
    power_of_best = power;
  }
  const auto found = ridge_probe(recorded(record));
  EXPECT_DOUBLE_EQ(found.test_accuracy, best);
  EXPECT_DOUBLE_EQ(found.chosen, std::exp2(power_of_best));
}

TEST(SoftmaxProbe, ComesNearScikitLearnAndRepeatsItself) {
  const auto record = read_classifier_record();
  const auto found = softmax_probe(recorded(record), 100, 1);
  EXPECT_NEAR(found.test_accuracy, record.number("softmax_accuracy"), 0.02);
  EXPECT_EQ(softmax_probe(recorded(record), 100, 1).test_accuracy, found.test_accuracy);
}

/// Features that are the label, and others that have nothing to do with it.
ProbeData known(bool informative) {
  Random random(9);
  const auto make = [&](std::int64_t count) {
    const at::Tensor labels = at::arange(count, at::kLong).remainder(3);
    at::Tensor features = at::zeros({count, 4}, at::kDouble);
    for (std::int64_t i = 0; i < features.numel(); ++i) {
      features.mutable_data_ptr<double>()[i] = random.uniform();
    }
    if (informative) features.narrow(1, 0, 3).add_(at::one_hot(labels, 3).mul(2));
    features.select(1, 3).fill_(7);  // constant: no deviation to divide by
    return LabelledFeatures{features, labels};
  };
  return {make(300), make(300), make(3000), 3};
}

TEST(Probes, FindWhatIsThereAndNothingElse) {
  EXPECT_EQ(ridge_probe(known(true)).test_accuracy, 1);
  EXPECT_EQ(softmax_probe(known(true), 5, 1).test_accuracy, 1);
  EXPECT_NEAR(ridge_probe(known(false)).test_accuracy, 1.0 / 3, 0.05);
  EXPECT_NEAR(softmax_probe(known(false), 5, 1).test_accuracy, 1.0 / 3, 0.05);
}

TEST(FewShots, AreSoManyOfEachClass) {
  const auto all = known(true).training;
  const auto few = few_shots(all, 3, 5, 1);
  EXPECT_TRUE(at::equal(few.labels, at::arange(15, at::kLong).div(5, "floor")));
  EXPECT_TRUE(at::equal(few_shots(all, 3, 5, 1).features, few.features));
  EXPECT_FALSE(at::equal(few_shots(all, 3, 5, 2).features, few.features));
  EXPECT_THROW(few_shots(all, 3, 101, 1), std::invalid_argument);
  EXPECT_THROW(few_shots(all, 2, 1, 1), std::invalid_argument) << "a label of 2";
}

TEST(Probes, RefuseWhatDoesNotFit) {
  auto data = known(true);
  data.test.labels = data.test.labels.narrow(0, 1, 10);
  EXPECT_THROW(ridge_probe(data), std::invalid_argument);
  data = known(true);
  data.validation = {at::zeros({0, 4}), at::zeros({0}, at::kLong)};
  EXPECT_THROW(softmax_probe(data, 1, 1), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::metrics
