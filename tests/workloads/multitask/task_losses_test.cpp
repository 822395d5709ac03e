// Losses of several tasks, against what one works out by hand, and which gradients they have.
#include "workloads/multitask/task_losses.h"

#include "workloads/multitask/heads.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

namespace timetrial::multitask {
namespace {

using testing::HasSubstr;

double value(const at::Tensor& scalar) { return scalar.item<double>(); }

const std::vector<Task>& three_tasks() {
  static const std::vector<Task> tasks{regression("number"), binary("yes"), binary("rare")};
  return tasks;
}

ModelOutput three_outputs() {
  ModelOutput output;
  output.task_outputs = {at::tensor({1.0F, 2.0F, 50.0F}).unsqueeze(1),
                         at::tensor({0.0F, 1.0F, 50.0F}).unsqueeze(1),
                         at::tensor({-2.0F, 0.0F, 50.0F}).unsqueeze(1)};
  output.logits = at::cat(output.task_outputs, 1);
  return output;
}

/// Two examples, and one of padding.
Batch three_labels() {
  return Batch({{"inputs", at::zeros({3, 1})},
                {"targets", at::tensor({3.0F, 1.0F, 0.0F,  //
                                        2.5F, 0.0F, 1.0F,  //
                                        0.0F, 0.0F, 0.0F})
                                .view({3, 3})},
                {"weights", at::tensor({1.0F, 1.0F, 0.0F})}});
}

double cross_entropy(double logit, double target) {
  return std::log1p(std::exp(logit)) - target * logit;
}

TEST(LossOfAll, IsTheMeanOfTheTasksOverTheValidExamples) {
  const Loss loss = loss_of_all(three_tasks(), three_outputs(), three_labels(), 0);
  const double number = (4.0 + 0.25) / 2;
  const double yes = (cross_entropy(0, 1) + cross_entropy(1, 0)) / 2;
  const double rare = (cross_entropy(-2, 0) + cross_entropy(0, 1)) / 2;
  ASSERT_EQ(loss.per_task.size(), 3U);
  EXPECT_NEAR(value(loss.per_task[0]), number, 1e-6);
  EXPECT_NEAR(value(loss.per_task[1]), yes, 1e-6);
  EXPECT_NEAR(value(loss.per_task[2]), rare, 1e-6);
  EXPECT_EQ(value(loss.valid_examples), 2);
  EXPECT_NEAR(value(loss.mean()), (number + yes + rare) / 3, 1e-6);
  EXPECT_NEAR(value(loss.per_example[0]), (4.0 + cross_entropy(0, 1) + cross_entropy(-2, 0)) / 3,
              1e-6);
  EXPECT_EQ(value(loss.per_example[2]), 0);
  EXPECT_NEAR(value(loss.per_example.sum()), value(loss.summed), 1e-6);
}

TEST(LossOfAll, RefusesAnOutputWithoutTheTasks) {
  ModelOutput output = three_outputs();
  output.task_outputs.pop_back();
  try {
    loss_of_all(three_tasks(), output, three_labels(), 0);
    FAIL() << "accepted two outputs for three tasks";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("loss of 3 tasks was given 2 task_outputs"));
  }
}

TEST(ExampleLosses, OfSeveralOutputsAreTheirMean) {
  const auto losses = example_losses(regression("r", 2), at::tensor({1.0, 2.0}).view({1, 2}),
                                     at::tensor({3.0, 2.0}).view({1, 2}), 0.5);
  EXPECT_TRUE(losses.equal(at::tensor({2.0})));
}

TEST(ExampleLosses, SmoothLabelsOfClassesOnly) {
  const at::Tensor logits = at::tensor({0.0, 2.0}).view({1, 2}),
                   target = at::tensor({1}, at::kLong);
  const double plain = std::log(1 + std::exp(-2.0));
  EXPECT_NEAR(value(example_losses(classes("c", 2), logits, target, 0)), plain, 1e-9);
  // A tenth of the weight is spread over both: 0.95 of the right one, 0.05 of the other.
  EXPECT_NEAR(value(example_losses(classes("c", 2), logits, target, 0.1)), plain + 0.05 * 2, 1e-9);
}

/// Two tasks of three classes each, on four examples of which the second and third are of task 1.
class OneTaskEach : public testing::Test, protected nn::BuiltModel {
 protected:
  OneTaskEach() : BuiltModel(at::kCPU) {
    trunk_ = builder().linear("trunk", {.in = 2, .out = 4});
    heads_ = std::make_unique<Heads>(builder(), tasks_, 4);
    initialize(5);
  }
  ModelOutput forward(const Batch& batch, const ForwardOptions&) override {
    return heads_->of_each(trunk_(batch.inputs()).tanh(), batch.at("tasks"));
  }
  static Batch batch_of(const std::vector<std::int64_t>& tasks) {
    const auto count = static_cast<std::int64_t>(tasks.size());
    return Batch({{"inputs", at::arange(2 * count).view({count, 2}).to(at::kFloat).div(8)},
                  {"targets", at::arange(count).remainder(3)},
                  {"weights", at::ones({count})},
                  {"tasks", at::tensor(tasks)}});
  }
  Loss loss_of(const Batch& batch, double smoothing = 0) {
    return loss_of_each(tasks_, forward(batch, {}), batch, smoothing);
  }

  std::vector<Task> tasks_{classes("a", 3), classes("b", 3)};
  nn::Linear trunk_;
  std::unique_ptr<Heads> heads_;
};

TEST_F(OneTaskEach, LogitsAndLossesAreOfTheExamplesOwnHeads) {
  const Batch batch = batch_of({0, 1, 1, 0});
  const ModelOutput output = forward(batch, {});
  const at::Tensor shared = trunk_(batch.inputs()).tanh();
  EXPECT_TRUE(at::allclose(output.representation, shared));
  const auto& weights = parameters();  // trunk, then weight and bias of each head
  at::Tensor expected = at::empty({4, 3});
  for (const std::int64_t row : {0, 1, 2, 3}) {
    const std::size_t head = row == 0 || row == 3 ? 2 : 4;
    expected[row] = at::linear(shared[row], weights[head].tensor, weights[head + 1].tensor);
  }
  EXPECT_TRUE(at::allclose(output.logits, expected));
  const at::Tensor each =
      at::cross_entropy_loss(expected, batch.targets(), {}, at::Reduction::None);
  const Loss loss = loss_of_each(tasks_, output, batch, 0);
  EXPECT_TRUE(at::allclose(loss.per_example, each));
  EXPECT_NEAR(value(loss.per_task[0]), value(each[0] + each[3]) / 2, 1e-6);
  EXPECT_NEAR(value(loss.per_task[1]), value(each[1] + each[2]) / 2, 1e-6);
  EXPECT_NEAR(value(loss.mean()), value(each.mean()), 1e-6);
  EXPECT_EQ(value(loss.valid_examples), 4);
}

TEST_F(OneTaskEach, ATasksLossReachesTheTrunkAndItsOwnHeadOnly) {
  const Loss loss = loss_of(batch_of({0, 1, 1, 0}));
  std::vector<at::Tensor> leaves;
  for (const auto& parameter : parameters()) leaves.push_back(parameter.tensor);
  for (const std::size_t task : {0, 1}) {
    const auto gradients =
        torch::autograd::grad({loss.per_task[task]}, leaves, {},
                              /*retain_graph=*/true, false, /*allow_unused=*/true);
    const std::vector<bool> reached{true, true, task == 0, task == 0, task == 1, task == 1};
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      EXPECT_EQ(gradients[i].defined(), reached[i]) << parameters()[i].name << ", task " << task;
    }
  }
}

TEST_F(OneTaskEach, ATaskThatNoExampleIsOfHasNoLoss) {
  const Loss loss = loss_of(batch_of({1, 1, 1}));
  EXPECT_FALSE(loss.per_task[0].defined());
  EXPECT_NEAR(value(loss.per_task[1]), value(loss.mean()), 1e-6);
  Batch padded = batch_of({1, 0, 1});
  padded.set("weights", at::tensor({1.0F, 0.0F, 1.0F}));
  const Loss of_padded = loss_of(padded);
  EXPECT_FALSE(of_padded.per_task[0].defined());
  EXPECT_EQ(value(of_padded.per_example[1]), 0);
  EXPECT_EQ(value(of_padded.valid_examples), 2);
}

TEST_F(OneTaskEach, UnknownTasksAreRefused) {
  try {
    rows_of_tasks(at::tensor({0, 2}, at::kLong), 2);
    FAIL() << "accepted task 2 of 2";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "an example is of task 2, expected one in [0, 2)");
  }
}

TEST(WithTaskLosses, DividesByWhatIsValidOfATask) {
  Loss whole;
  whole.per_example = at::tensor({1.0, 2.0, 4.0, 0.0, 8.0, 0.0}).view({3, 2});
  const at::Tensor valid = at::tensor({1.0, 1.0, 1.0, 0.0, 1.0, 0.0}).view({3, 2});
  const Loss loss = with_task_losses(whole, valid, at::tensor({0, 2, 0}, at::kLong), 4);
  ASSERT_EQ(loss.per_task.size(), 4U);
  EXPECT_NEAR(value(loss.per_task[0]), 11.0 / 3, 1e-12);
  EXPECT_FALSE(loss.per_task[1].defined());
  EXPECT_EQ(value(loss.per_task[2]), 4);
  EXPECT_FALSE(loss.per_task[3].defined());
}

TEST_F(OneTaskEach, HeadsOnAllRowsGiveEachTasksLossItsOwnHead) {
  const std::vector<Task> tasks{binary("a"), regression("b")};
  class Both final : public nn::BuiltModel {
   public:
    explicit Both(const std::vector<Task>& tasks)
        : BuiltModel(at::kCPU),
          trunk_(builder(), "trunk", 2, {3}, Activation::relu),
          heads_(builder(), tasks, 3) {
      initialize(1);
    }
    ModelOutput forward(const Batch& batch, const ForwardOptions&) override {
      return heads_.of_all(trunk_(batch.inputs()));
    }

   private:
    Trunk trunk_;
    Heads heads_;
  } model(tasks);
  const Batch batch(
      {{"inputs", at::ones({4, 2})}, {"targets", at::ones({4, 2})}, {"weights", at::ones({4})}});
  const ModelOutput output = model.forward(batch, {});
  EXPECT_EQ(output.logits.sizes(), (std::vector<std::int64_t>{4, 2}));
  const Loss loss = loss_of_all(tasks, output, batch, 0);
  std::vector<at::Tensor> leaves{output.representation};
  for (const auto& parameter : model.parameters()) leaves.push_back(parameter.tensor);
  const auto gradients = torch::autograd::grad({loss.per_task[1]}, leaves, {}, true, false, true);
  const std::vector<bool> reached{true, true, true, false, false, true, true};
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    EXPECT_EQ(gradients[i].defined(), reached[i]) << i;
  }
}

}  // namespace
}  // namespace timetrial::multitask
