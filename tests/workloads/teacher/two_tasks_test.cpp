// teacher_two_tasks: the data that prepare() makes, and the student.
#include "workloads/teacher/two_tasks.h"

#include "tests/support/prepared_data.h"
#include "workloads/data/tensor_io.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

namespace timetrial::teacher {
namespace {

using testing::HasSubstr;
using workloads::Split;

class TwoTasksData : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    data_ = std::make_unique<test::PreparedData>("teacher_two_tasks");
  }
  static void TearDownTestSuite() { data_.reset(); }
  static at::Tensor held_back(const char* split, const char* tensor) {
    const auto file = data_->path() / "held_back" / (std::string(split) + ".safetensors");
    return data::read(data::open(file, ""), tensor);
  }
  static std::unique_ptr<test::PreparedData> data_;
};
std::unique_ptr<test::PreparedData> TwoTasksData::data_;

TEST_F(TwoTasksData, HasTheSizesOfItsPage) {
  EXPECT_EQ(data_->training()->size(), 16'384);
  const auto evaluation = data_->held_back();
  for (const auto split : {Split::train_subset, Split::validation, Split::test}) {
    EXPECT_EQ(evaluation->size(split), 4'096);
  }
  const Batch batch = test::examples(*data_->training(), 0, 3);
  EXPECT_EQ(batch.inputs().sizes(), (std::vector<std::int64_t>{3, 16}));
  EXPECT_EQ(batch.targets().sizes(), (std::vector<std::int64_t>{3, 2}));
}

TEST_F(TwoTasksData, IsTheSameEveryTime) { data_->expect_same_bytes_again(); }

TEST_F(TwoTasksData, TheSecondTasksTargetsHaveNineTimesTheVariance) {
  const Batch all = test::examples(*data_->training(), 0, 16'384);
  const at::Tensor variance = all.targets().var(0, /*unbiased=*/false);
  EXPECT_NEAR(variance[0].item<double>(), 1, 0.06);
  EXPECT_NEAR(variance[1].item<double>() / variance[0].item<double>(), 9, 0.5);
  EXPECT_LT(all.targets().mean(0).abs().max().item<double>(), 0.15);
  // Each has a teacher of its own.
  const at::Tensor both = at::corrcoef(all.targets().t());
  EXPECT_LT(std::abs(both[0][1].item<double>()), 0.4);
}

TEST_F(TwoTasksData, SplitsShareTheTeacherButNoExample) {
  const Batch all = test::examples(*data_->training(), 0, 16'384);
  auto trained = test::rows_of(all.inputs());
  EXPECT_EQ(trained.size(), 16'384U);
  for (const auto* split : {"validation", "test"}) {
    for (const auto& row : test::rows_of(held_back(split, "inputs"))) {
      EXPECT_TRUE(trained.insert(row).second) << split;
    }
    EXPECT_NEAR(held_back(split, "targets").select(1, 1).var().item<double>(), 9, 0.9) << split;
  }
  const auto subset = test::rows_of(held_back("train_subset", "inputs"));
  for (const auto& row : subset) EXPECT_TRUE(trained.contains(row));
  const auto again = two_tasks_examples(11, 2), longer = two_tasks_examples(11, 3);
  EXPECT_TRUE(longer.targets.slice(0, 0, 2).equal(again.targets)) << "a function of the place";
}

TEST(TwoTasks, StudentHasTheWidthsOfItsPage) {
  const auto count = [](const char* name) {
    std::int64_t sum = 0;
    const auto model = workloads::find(name).make()->make_model(at::kMeta);
    for (const auto& parameter : model->parameters()) sum += parameter.tensor.numel();
    return sum;
  };
  EXPECT_EQ(count("teacher_two_tasks"), 16 * 10 + 10 + 10 * 10 + 10 + 2 * 11);
  EXPECT_EQ(count("teacher_two_tasks_wide"), 16 * 20 + 20 + 20 * 20 + 20 + 2 * 21);
}

TEST(TwoTasks, EqualSeedsGiveEqualStudents) {
  const auto workload = make_two_tasks({});
  const Batch batch({{"inputs", at::ones({2, 16})}});
  const auto logits = [&](std::uint64_t seed) {
    const auto model = workload->make_model(at::kCPU);
    model->initialize(seed);
    const ModelOutput output = model->forward(batch, {});
    EXPECT_EQ(output.representation.sizes(), (std::vector<std::int64_t>{2, 10}));
    return output.logits.detach();
  };
  EXPECT_TRUE(logits(4).equal(logits(4)));
  EXPECT_FALSE(logits(4).equal(logits(5)));
}

TEST(TwoTasks, FactsNameBothTasks) {
  const auto facts = make_two_tasks({})->facts();
  EXPECT_EQ(facts.metric, "loss");
  EXPECT_FALSE(facts.higher_is_better);
  EXPECT_FALSE(facts.one_task_per_example);
  ASSERT_EQ(facts.tasks.size(), 2U);
  EXPECT_EQ(facts.tasks[1].name, "b");
  EXPECT_EQ(facts.tasks[1].metric, "loss");
}

TEST(TwoTasks, RefusesWidthsThatCannotBe) {
  for (const auto& [widths, message] :
       {std::pair{std::vector<std::int64_t>{}, "widths = ; name at least one layer"},
        std::pair{std::vector<std::int64_t>{10, 0}, "widths = 10 0; name at least one layer"}}) {
    try {
      make_two_tasks({.widths = widths});
      FAIL() << message;
    } catch (const workloads::ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  }
}

}  // namespace
}  // namespace timetrial::teacher
