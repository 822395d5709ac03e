// Prepared tables of several tasks: reading, refusing, evaluating.
#include "workloads/multitask/task_table.h"

#include "tests/support/temporary_folder.h"
#include "workloads/multitask/heads.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>

namespace timetrial::multitask {
namespace {

using testing::HasSubstr;
using workloads::Split;

Format together() {
  return {.tasks = {binary("yes"), regression("number")},
          .input_shape = {2},
          .target_shape = {2},
          .remedy = "timetrial data prepare made"};
}

Format apart() {
  return {.tasks = {classes("big", 2), classes("small", 2)},
          .one_task_per_example = true,
          .input_shape = {2},
          .target_type = at::kLong,
          .remedy = "timetrial data prepare made"};
}

Examples of_all(std::int64_t count) {
  const at::Tensor numbers = at::arange(2 * count).view({count, 2}).to(at::kFloat);
  at::Tensor targets = numbers * 0.5;
  targets.select(1, 0) = at::arange(count).remainder(2);
  return {numbers, targets, {}};
}

Examples of_each(std::int64_t big, std::int64_t small) {
  const std::int64_t count = big + small;
  return {at::arange(2 * count).view({count, 2}).to(at::kFloat), at::arange(count).remainder(2),
          at::cat({at::zeros({big}, at::kLong), at::ones({small}, at::kLong)})};
}

/// The head of each task is the inputs' own column.
class Columns final : public nn::BuiltModel {
 public:
  explicit Columns(const Format& format)
      : BuiltModel(at::kCPU),
        heads_(builder(), format.tasks, 2),
        each_(format.one_task_per_example) {
    initialize(3);
  }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    EXPECT_FALSE(options.training);
    return each_ ? heads_.of_each(batch.inputs(), batch.at("tasks"))
                 : heads_.of_all(batch.inputs());
  }

 private:
  Heads heads_;
  bool each_;
};

class TaskTable : public testing::Test {
 protected:
  void write_all(const Examples& examples) {
    write(folder_.path(), {examples, examples, examples, examples});
  }
  std::string refusal(const Format& format) {
    try {
      open_training(folder_.path() / "training", format);
    } catch (const workloads::DataError& error) {
      return error.what();
    }
    return "accepted";
  }
  test::TemporaryFolder folder_;
};

TEST_F(TaskTable, GathersInTheOrderAskedFor) {
  write_all(of_all(5));
  const auto training = open_training(folder_.path() / "training", together());
  EXPECT_EQ(training->size(), 5);
  EXPECT_TRUE(training->examples_of_tasks().empty());
  EXPECT_FALSE(training->keeps_order());
  const std::vector<std::int64_t> indices{4, 0};
  const Batch batch = training->gather(indices, 1);
  EXPECT_TRUE(batch.inputs().equal(at::tensor({8.0F, 9.0F, 0.0F, 1.0F}).view({2, 2})));
  EXPECT_TRUE(batch.targets().equal(at::tensor({0.0F, 4.5F, 0.0F, 0.5F}).view({2, 2})));
  EXPECT_TRUE(batch.weights().equal(at::ones({2})));
  EXPECT_FALSE(batch.contains("tasks"));
  EXPECT_THROW(training->gather(std::vector<std::int64_t>{5}, 1), std::out_of_range);
}

TEST_F(TaskTable, KeepsTheOrderOfAStream) {
  write_all(of_all(5));
  auto format = together();
  format.keeps_order = true;
  EXPECT_TRUE(open_training(folder_.path() / "training", format)->keeps_order());
}

TEST_F(TaskTable, CountsTheExamplesOfEachTask) {
  write_all(of_each(4, 2));
  const auto training = open_training(folder_.path() / "training", apart());
  EXPECT_EQ(training->examples_of_tasks(), (std::vector<std::int64_t>{4, 2}));
  const std::vector<std::int64_t> indices{5, 1};
  EXPECT_TRUE(training->gather(indices, 1).at("tasks").equal(at::tensor({1, 0}, at::kLong)));
}

TEST_F(TaskTable, TakesTheColumnsThatItsTasksHave) {
  write_all(of_all(3));
  auto format = together();
  format.tasks = {regression("number"), binary("yes")};
  format.target_columns = {1, 0};
  const auto training = open_training(folder_.path() / "training", format);
  const std::vector<std::int64_t> indices{2};
  EXPECT_TRUE(training->gather(indices, 1).targets().equal(at::tensor({2.5F, 0.0F}).view({1, 2})));
}

TEST_F(TaskTable, RefusesFilesOfAnotherShape) {
  EXPECT_THAT(refusal(together()), HasSubstr("train.safetensors: no such file; make it with: "
                                             "timetrial data prepare made"));
  write_all(of_all(3));
  auto format = together();
  format.input_shape = {3};
  EXPECT_THAT(refusal(format), HasSubstr("inputs"));
  format = together();
  format.target_shape = {3};
  EXPECT_THAT(refusal(format), HasSubstr("targets"));
  auto mixed = of_each(2, 2);
  mixed.tasks = at::tensor({0, 1, 0, 1}, at::kLong);
  write_all(mixed);
  EXPECT_THAT(refusal(apart()), HasSubstr("example 2 is of task 0, expected 0 to 1, one task after "
                                          "the other; make it with: timetrial data prepare made"));
  mixed.tasks = at::tensor({0, 1, 1, 2}, at::kLong);
  write_all(mixed);
  EXPECT_THAT(refusal(apart()), HasSubstr("example 3 is of task 2"));
}

TEST_F(TaskTable, EvaluatesEveryTaskAtAnyBatchSize) {
  const auto examples = of_all(7);
  write_all(examples);
  Columns model(together());
  const auto outputs = model
                           .forward(Batch({{"inputs", examples.inputs}}),
                                    [] {
                                      ForwardOptions options;
                                      options.training = false;
                                      return options;
                                    }())
                           .task_outputs;
  const double number =
      (outputs[1].squeeze(1) - examples.targets.select(1, 1)).square().mean().item<double>();
  const auto evaluation = open_evaluation(folder_.path() / "held_back", together(), 100);
  EXPECT_EQ(evaluation->size(Split::test), 7);
  for (const std::int64_t batch_size : {1, 3, 100}) {
    const auto found = evaluation->evaluate(model, Split::validation, batch_size);
    EXPECT_NEAR(found.at("number/loss"), number, 1e-4 * number) << batch_size;
    EXPECT_NEAR(found.at("loss"), (found.at("number/loss") + found.at("yes/loss")) / 2, 1e-9);
    EXPECT_EQ(found.at("auc"), found.at("yes/auc"));  // the only task that has one
    EXPECT_EQ(found.size(), 5U);
  }
  EXPECT_THROW(evaluation->evaluate(model, Split::test, 0), std::invalid_argument);
}

TEST_F(TaskTable, EvaluatesEachTaskOnItsOwnExamples) {
  const auto examples = of_each(5, 2);
  write_all(examples);
  Columns model(apart());
  ForwardOptions options;
  options.training = false;
  const auto outputs =
      model.forward(Batch({{"inputs", examples.inputs}, {"tasks", examples.tasks}}), options)
          .task_outputs;
  const auto loss = [&](std::int64_t task, std::int64_t begin, std::int64_t end) {
    return at::cross_entropy_loss(outputs[static_cast<std::size_t>(task)],
                                  examples.targets.slice(0, begin, end))
        .item<double>();
  };
  const double big = loss(0, 0, 5), small = loss(1, 5, 7);
  const auto evaluation = open_evaluation(folder_.path() / "held_back", apart(), 100);
  for (const std::int64_t batch_size : {2, 100}) {
    const auto found = evaluation->evaluate(model, Split::validation, batch_size);
    EXPECT_NEAR(found.at("big/loss"), big, 1e-5 * big);
    EXPECT_NEAR(found.at("small/loss"), small, 1e-5 * small);
    EXPECT_NEAR(found.at("loss"), (big + small) / 2, 1e-5 * big) << "not weighted by examples";
    EXPECT_EQ(found.count("small/accuracy"), 1U);
  }
}

TEST(TaskFacts, SayHowEachTaskIsJudged) {
  const auto facts = facts_of({regression("r"), binary("b"), classes("c", 3)});
  ASSERT_EQ(facts.size(), 3U);
  EXPECT_EQ(facts[0].metric, "loss");
  EXPECT_FALSE(facts[0].higher_is_better);
  EXPECT_EQ(facts[1].metric, "auc");
  EXPECT_TRUE(facts[1].higher_is_better);
  EXPECT_EQ(facts[2].name, "c");
  EXPECT_EQ(facts[2].metric, "accuracy");
}

}  // namespace
}  // namespace timetrial::multitask
