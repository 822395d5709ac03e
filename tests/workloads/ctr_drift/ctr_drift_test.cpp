// ctr_drift: prepared data, model, variants.
#include "workloads/ctr_drift/ctr_drift.h"

#include "tests/support/prepared_data.h"
#include "workloads/ctr_drift/stream.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

namespace timetrial::ctr_drift {
namespace {

using testing::HasSubstr;
using workloads::Split;

class CtrDriftData : public testing::Test {
 protected:
  static void SetUpTestSuite() { data_ = std::make_unique<test::PreparedData>("ctr_drift"); }
  static void TearDownTestSuite() { data_.reset(); }
  static std::unique_ptr<test::PreparedData> data_;
};
std::unique_ptr<test::PreparedData> CtrDriftData::data_;

TEST_F(CtrDriftData, IsAStreamOf500BatchesThatKeepsItsOrder) {
  const auto training = data_->training();
  EXPECT_EQ(training->size(), 500 * 256);
  EXPECT_TRUE(training->keeps_order());
  const auto evaluation = data_->held_back();
  EXPECT_EQ(evaluation->size(Split::validation), 20'480);
  EXPECT_EQ(evaluation->size(Split::test), 20'480);
}

TEST_F(CtrDriftData, IsTheSameEveryTime) { data_->expect_same_bytes_again(); }

TEST_F(CtrDriftData, TenOfAHundredBatchesAreABurst) {
  const auto training = data_->training();
  double calm = 0, burst = 0;
  for (std::int64_t batch = 0; batch < 200; ++batch) {
    const auto dense =
        test::examples(*training, batch * 256, (batch + 1) * 256).inputs().slice(1, 0, kDense);
    const double median = dense.abs().median().item<double>();
    EXPECT_EQ(median > 2, batch % 100 >= 90) << batch;
    (batch % 100 >= 90 ? burst : calm) += median;
  }
  EXPECT_NEAR((burst / 20) / (calm / 180), 7, 0.4);
}

TEST_F(CtrDriftData, VariantsReadTheSameFiles) {
  for (const auto* name : {"ctr_drift_narrow", "ctr_drift_few_features", "ctr_drift_two_tasks"}) {
    SCOPED_TRACE(name);
    const auto workload = workloads::find(name).make();
    EXPECT_EQ(workloads::find(name).base, "ctr_drift");
    const auto training = workload->open_training(data_->path() / "training");
    const auto model = workload->make_model(at::kCPU);
    model->initialize(1);
    const Batch batch = test::examples(*training, 0, 8);
    const auto output = model->forward(batch, {});
    const auto count = static_cast<std::int64_t>(workload->facts().tasks.size());
    EXPECT_EQ(output.logits.sizes(), (std::vector<std::int64_t>{8, count}));
    EXPECT_EQ(batch.targets().sizes(), (std::vector<std::int64_t>{8, count}));
    EXPECT_EQ(workload->loss(batch, output, 0).per_task.size(), static_cast<std::size_t>(count));
  }
  const auto two = workloads::find("ctr_drift_two_tasks").make();
  const auto all = data_->training();
  const auto some = two->open_training(data_->path() / "training");
  EXPECT_TRUE(test::examples(*some, 5, 9)
                  .targets()
                  .select(1, 1)
                  .equal(test::examples(*all, 5, 9).targets().select(1, 3)))
      << "the number is the second of two";
}

TEST_F(CtrDriftData, MetricIsTheMeanAucOfTheBinaryTasks) {
  const auto model = workloads::find("ctr_drift").make()->make_model(at::kCPU);
  model->initialize(1);
  const auto found = data_->held_back()->evaluate(*model, Split::validation, 4096);
  EXPECT_NEAR(found.at("auc"),
              (found.at("click/auc") + found.at("like/auc") + found.at("share/auc")) / 3, 1e-12);
  EXPECT_EQ(found.count("watch_time/auc"), 0U);
  EXPECT_EQ(found.count("watch_time/loss"), 1U);
}

std::int64_t parameters_of(const char* name) {
  std::int64_t count = 0;
  const auto model = workloads::find(name).make()->make_model(at::kMeta);
  for (const auto& parameter : model->parameters()) count += parameter.tensor.numel();
  return count;
}

TEST(CtrDrift, ModelHasTheSizesOfItsPage) {
  const std::int64_t hidden = 128 * 129;
  EXPECT_EQ(parameters_of("ctr_drift"), 6000 * 8 + (6 + 96 + 1) * 128 + 2 * hidden + 4 * 129);
  EXPECT_EQ(parameters_of("ctr_drift_narrow"), 6000 * 8 + (6 + 96 + 1) * 32 + 2 * 32 * 33 + 4 * 33);
  EXPECT_EQ(parameters_of("ctr_drift_few_features"),
            3000 * 8 + (3 + 48 + 1) * 128 + 2 * hidden + 4 * 129);
  EXPECT_EQ(parameters_of("ctr_drift_two_tasks"),
            6000 * 8 + (6 + 96 + 1) * 128 + 2 * hidden + 2 * 129);
}

// Equal values of different ids have rows of their own.
TEST(CtrDrift, EachIdHasItsOwnRows) {
  const auto model = make({})->make_model(at::kCPU);
  model->initialize(2);
  at::Tensor first = at::zeros({2, kDense + kIds}), swapped = first.clone();
  first[0][kDense] = 3;
  swapped[0][kDense + 1] = 3;
  const auto logits = [&](const at::Tensor& inputs) {
    return model->forward(Batch({{"inputs", inputs}}), {}).logits.detach();
  };
  EXPECT_FALSE(at::allclose(logits(first)[0], logits(swapped)[0]));
  EXPECT_TRUE(logits(first)[1].equal(logits(swapped)[1]));
}

TEST(CtrDrift, RefusesWhatTheStreamDoesNotHave) {
  struct Case {
    Config config;
    const char* message;
  };
  const Case cases[] = {
      {{.embed_dim = 0}, "embed_dim = 0; use at least 1"},
      {{.widths = {}}, "widths = ; name at least one layer"},
      {{.dense_features = 7}, "dense_features = 7; use 1 to 6"},
      {{.ids = 13}, "ids = 13; use 1 to 12"},
      {{.tasks = {1, 3}}, "tasks = 1 3; name two to four of 0 (click)"},
      {{.tasks = {0, 0}}, "tasks = 0 0; name two to four"},
      {{.tasks = {0, 4}}, "tasks = 0 4; name two to four"},
      {{.tasks = {0}}, "tasks = 0; name two to four"},
  };
  for (const auto& c : cases) {
    try {
      make(c.config);
      FAIL() << c.message;
    } catch (const workloads::ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(c.message));
    }
  }
}

}  // namespace
}  // namespace timetrial::ctr_drift
