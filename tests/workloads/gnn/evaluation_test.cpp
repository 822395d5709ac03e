// ogbg's metrics against AlgoPerf's recorded ones, and their rules one by one.
#include "workloads/gnn/evaluation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/recorded_checks.h"
#include "workloads/metrics/average_precision.h"

namespace timetrial::gnn {
namespace {

const std::filesystem::path kRecord = std::filesystem::path(TIMETRIAL_SOURCE_DIR) /
                                      "tests/workloads/gnn/fixtures/metric_ogbg_eval.json";

TEST(PropertyMetrics, AreAlgoPerfs) { test::expect_recorded(kRecord); }

TEST(PropertyMetrics, TheCheckCanFail) {
  for (const char* key : {"mean_average_precision", "accuracy", "loss"}) {
    SCOPED_TRACE(key);
    auto record = test::read_record(kRecord);
    record["cases"][0]["result"][key] = 0.5;
    EXPECT_FALSE(test::all_passed(test::recorded_checks(record, kRecord)));
  }
  auto record = test::read_record(kRecord);
  record["cases"][0]["average_precision_per_task"][0] = nullptr;
  EXPECT_FALSE(test::all_passed(test::recorded_checks(record, kRecord)));
}

at::Tensor column(std::vector<float> values) { return at::tensor(values).unsqueeze(1); }

std::vector<double> precisions(const at::Tensor& logits, const at::Tensor& targets,
                               const at::Tensor& weights) {
  PropertyMetrics metrics;
  metrics.add(logits, targets, weights);
  return metrics.average_precisions();
}

TEST(PropertyMetrics, ATaskNeedsBothTargetsUnknownOnesCountingAs0) {
  const at::Tensor logits = column({1, 2, 3}), known = at::ones({3, 1});
  EXPECT_TRUE(std::isnan(precisions(logits, column({1, 1, 1}), known)[0]));
  EXPECT_TRUE(std::isnan(precisions(logits, column({0, 0, 0}), known)[0]));
  // The only 0 is of an unknown target: the task counts, and all it ranks is positive.
  EXPECT_EQ(precisions(logits, column({1, 1, 0}), column({1, 1, 0}))[0], 1);
}

TEST(PropertyMetrics, SaturatedLogitsTie) {
  // In float32 the sigmoids of 30 and 40 are both 1.
  const auto found = precisions(column({30, 40, -1}), column({1, 0, 0}), at::ones({3, 1}));
  EXPECT_DOUBLE_EQ(found[0], 0.5);
}

TEST(PropertyMetrics, OfNothingAreNan) {
  PropertyMetrics metrics;
  EXPECT_TRUE(std::isnan(metrics.values().at("mean_average_precision")));
  EXPECT_TRUE(std::isnan(metrics.values().at("loss")));
}

TEST(PropertyMetrics, RefuseShapesThatDiffer) {
  PropertyMetrics metrics;
  metrics.add(at::zeros({2, 3}), at::zeros({2, 3}), at::ones({2, 3}));
  EXPECT_THROW(metrics.add(at::zeros({2, 4}), at::zeros({2, 4}), at::ones({2, 4})),
               std::invalid_argument);
  EXPECT_THROW(metrics.add(at::zeros({2, 3}), at::zeros({2, 2}), at::ones({2, 3})),
               std::invalid_argument);
}

TEST(AveragePrecision, IsTheAreaUnderPrecisionByRecall) {
  const std::vector<float> scores = {0.9f, 0.8f, 0.7f, 0.6f};
  const std::vector<std::uint8_t> positive = {1, 0, 1, 0};
  EXPECT_DOUBLE_EQ(metrics::average_precision(scores, positive), 0.5 * 1 + 0.5 * 2 / 3);
  const std::vector<float> tied = {0.5f, 0.5f, 0.5f, 0.5f};
  EXPECT_DOUBLE_EQ(metrics::average_precision(tied, positive), 0.5);
}

TEST(AveragePrecision, HasItsEdges) {
  const std::vector<float> scores = {1, 2}, broken = {1, NAN};
  const std::vector<std::uint8_t> none = {0, 0}, one = {1};
  EXPECT_EQ(metrics::average_precision(scores, none), 0);
  EXPECT_TRUE(std::isnan(metrics::average_precision({}, {})));
  EXPECT_TRUE(std::isnan(metrics::average_precision(broken, none)));
  EXPECT_THROW(metrics::average_precision(scores, one), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::gnn
