// teacher_imbalanced and its control with regression targets: data and facts.
#include "workloads/teacher/imbalanced.h"

#include "tests/support/prepared_data.h"
#include "workloads/data/tensor_io.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

namespace timetrial::teacher {
namespace {

using workloads::Split;

class ImbalancedData : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    classes_ = std::make_unique<test::PreparedData>("teacher_imbalanced");
    regression_ = std::make_unique<test::PreparedData>("teacher_imbalanced_regression");
  }
  static void TearDownTestSuite() {
    classes_.reset();
    regression_.reset();
  }
  static std::unique_ptr<test::PreparedData> classes_, regression_;
};
std::unique_ptr<test::PreparedData> ImbalancedData::classes_, ImbalancedData::regression_;

TEST_F(ImbalancedData, HasTheSizesOfItsPage) {
  const auto training = classes_->training(), numbers = regression_->training();
  EXPECT_EQ(training->examples_of_tasks(), (std::vector<std::int64_t>{60'000, 300}));
  EXPECT_EQ(numbers->examples_of_tasks(), (std::vector<std::int64_t>{20'000, 200}));
  const auto evaluation = classes_->held_back();
  EXPECT_EQ(evaluation->size(Split::validation), 16'000);
  EXPECT_EQ(evaluation->size(Split::test), 16'000);
  EXPECT_EQ(evaluation->size(Split::train_subset), 8'300);
  const Batch batch = test::examples(*training, 59'999, 60'001);
  EXPECT_TRUE(batch.at("tasks").equal(at::tensor({0, 1}, at::kLong)));
  EXPECT_EQ(batch.inputs().sizes(), (std::vector<std::int64_t>{2, 24}));
  EXPECT_EQ(batch.targets().scalar_type(), at::kLong);
  EXPECT_EQ(test::examples(*numbers, 0, 2).targets().sizes(), (std::vector<std::int64_t>{2, 8}));
}

TEST_F(ImbalancedData, IsTheSameEveryTime) {
  classes_->expect_same_bytes_again();
  regression_->expect_same_bytes_again();
}

TEST_F(ImbalancedData, ClassesAreAboutEquallyFrequent) {
  const at::Tensor labels = test::examples(*classes_->training(), 0, 60'000).targets();
  const at::Tensor shares = at::bincount(labels, {}, 8).to(at::kDouble) / 60'000;
  EXPECT_EQ(shares.size(0), 8);
  EXPECT_GT(shares.min().item<double>(), 0.06);
  EXPECT_LT(shares.max().item<double>(), 0.2);
}

TEST_F(ImbalancedData, HeldBackExamplesAreNotThoseOfTraining) {
  auto seen = test::rows_of(test::examples(*classes_->training(), 0, 60'300).inputs());
  EXPECT_EQ(seen.size(), 60'300U);
  for (const auto* split : {"validation", "test"}) {
    const auto file = classes_->path() / "held_back" / (std::string(split) + ".safetensors");
    for (const auto& row : test::rows_of(data::read(data::open(file, ""), "inputs"))) {
      EXPECT_TRUE(seen.insert(row).second) << split;
    }
  }
}

// Examples of one seed have the same inputs for the labels of both kinds, so they can be compared.
TEST(Imbalanced, FifteenPercentOfTheLabelsAreDrawnAnew) {
  constexpr std::int64_t kCount = 20'000;
  const auto labelled = imbalanced_examples(Labels::classes, 0, 3, kCount);
  const auto numbers = imbalanced_examples(Labels::regression, 0, 3, kCount);
  ASSERT_TRUE(labelled.inputs.equal(numbers.inputs));
  const at::Tensor largest = numbers.targets.argmax(1);
  // The numbers have noise of their own: where the largest leads clearly, it is the head's.
  const at::Tensor two = std::get<0>(numbers.targets.topk(2, 1));
  const at::Tensor clear = two.select(1, 0).sub(two.select(1, 1)).gt(1.5);
  const at::Tensor right = largest.eq(labelled.targets).masked_select(clear).to(at::kDouble);
  ASSERT_GT(right.numel(), 500);
  EXPECT_NEAR(right.mean().item<double>(), 1 - 0.15 * 7 / 8,
              5 * std::sqrt(0.13 * 0.87 / static_cast<double>(right.numel())));
}

// Equal inputs for both heads: the outputs' correlation is about that of the heads.
TEST(Imbalanced, TheTasksAreRelated) {
  constexpr std::int64_t kCount = 20'000;
  auto mean_correlation = [](const at::Tensor& a, const at::Tensor& b) {
    return (a * b).mean().item<double>() /
           std::sqrt(a.square().mean().item<double>() * b.square().mean().item<double>());
  };
  const auto high = imbalanced_examples(Labels::regression, 0, 5, kCount);
  const auto low = imbalanced_examples(Labels::regression, 1, 5, kCount);
  EXPECT_FALSE(high.inputs.equal(low.inputs)) << "each task has examples of its own";
  EXPECT_NEAR(mean_correlation(high.targets, low.targets), 0, 0.05);
  EXPECT_NEAR(high.targets.var().item<double>(), 1 + 0.2 * 0.2, 0.05);
  EXPECT_NEAR(low.targets.var().item<double>(), 1 + 0.2 * 0.2, 0.05);
}

TEST(Imbalanced, FactsSayThatEachExampleIsOfOneTask) {
  for (const auto labels : {Labels::classes, Labels::regression}) {
    const auto facts = make_imbalanced({.labels = labels})->facts();
    EXPECT_TRUE(facts.one_task_per_example);
    EXPECT_EQ(facts.metric, "loss");
    ASSERT_EQ(facts.tasks.size(), 2U);
    EXPECT_EQ(facts.tasks[0].name, "high");
    EXPECT_EQ(facts.tasks[1].name, "low");
    EXPECT_FALSE(facts.tasks[1].higher_is_better);
  }
  EXPECT_EQ(workloads::find("teacher_imbalanced_regression").make()->facts().loss_type,
            LossType::mean_squared_error);
}

TEST(Imbalanced, StudentHasTheWidthsOfItsPage) {
  std::int64_t count = 0;
  const auto model = make_imbalanced({})->make_model(at::kMeta);
  for (const auto& parameter : model->parameters()) count += parameter.tensor.numel();
  EXPECT_EQ(count, 24 * 96 + 96 + 96 * 96 + 96 + 2 * (96 * 8 + 8));
}

}  // namespace
}  // namespace timetrial::teacher
