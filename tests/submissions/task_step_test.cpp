// What a multi-task method is given: inner products in any slices, and gradients as it asks for
// them.
#include "built_in.h"
#include "harness/sdk/rehearsal.h"
#include "task_network.h"

#include <timetrial/task_wrapper.h>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::submissions_test {
namespace {

using multitask::Coefficients;
using multitask::Gram;
using multitask::Grouping;
using multitask::TaskStep;

// Places of the network's parameters.
constexpr std::size_t kShared[] = {1, 2, 4, 5};
constexpr std::size_t kHeads[kTasks] = {0, 3, 6};

/// One batch of the network, and the tasks' gradients as autograd has them.
class TaskStepTest : public testing::Test {
 protected:
  explicit TaskStepTest(bool one_task_per_example = false)
      : problem_(make_problem(one_task_per_example)),
        library_(library("adamw")),
        rehearsal_(library_, problem_) {
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < 32; ++i) indices.push_back(i * 90 / 32);  // tasks 0 and 1 alone
    batch_ = training().batches().examples(indices);
    evaluate();
    for (const auto& task : loss_.per_task) {
      if (task.defined()) rows_.push_back(training().gradients(task, /*keep_graph=*/true));
    }
  }
  static sdk::Problem make_problem(bool one) {
    sdk::Problem problem;
    problem.workload = make_task_network(one);
    problem.data = make_task_data(one);
    problem.batch_size = 32;
    problem.point = good_point("adamw");
    return problem;
  }
  Training& training() { return rehearsal_.training(); }
  void evaluate() {
    output_ = training().forward(batch_, {});
    loss_ = training().loss(batch_, output_, 0);
  }
  TaskStep step(std::int64_t slices = 0) {
    return TaskStep(training(), loss_, output_, facts_, /*seed=*/1, /*first_call=*/true, slices);
  }
  /// What a base finds in the parameters after scalar.backward().
  std::vector<at::Tensor> found(const at::Tensor& scalar) {
    for (const auto& parameter : training().parameters()) parameter.tensor.mutable_grad().reset();
    scalar.backward();
    std::vector<at::Tensor> result;
    for (const auto& parameter : training().parameters()) result.push_back(parameter.tensor.grad());
    return result;
  }
  void expect_combination(const std::vector<at::Tensor>& gradients, const Coefficients& shared,
                          const Coefficients& heads) {
    for (const auto place : kShared) {
      SCOPED_TRACE(training().parameters()[place].name);
      at::Tensor expected = at::zeros_like(gradients[place]);
      for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (rows_[i][place].defined()) expected = expected.add(rows_[i][place], shared[i]);
      }
      EXPECT_TRUE(at::allclose(gradients[place], expected, 1e-4, 1e-6));
    }
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      EXPECT_TRUE(
          at::allclose(gradients[kHeads[i]], rows_[i][kHeads[i]].mul(heads[i]), 1e-5, 1e-7));
    }
  }

  const sdk::Problem problem_;
  const sdk::SubmissionLibrary library_;
  sdk::Rehearsal rehearsal_;
  Batch batch_;
  ModelOutput output_;
  Loss loss_;
  multitask::ModelFacts facts_;
  std::vector<std::vector<at::Tensor>> rows_;  // of the tasks present, in the order of parameters
};

const Coefficients kSome{0.5, -2, 0.25}, kOnes{1, 1, 1};

TEST_F(TaskStepTest, InnerProductsAreThoseOfTheSharedParameters) {
  const Gram gram = step().gram();
  for (std::size_t i = 0; i < kTasks; ++i) {
    for (std::size_t j = 0; j < kTasks; ++j) {
      double expected = 0;
      for (const auto place : kShared) {
        if (!rows_[i][place].defined() || !rows_[j][place].defined()) continue;
        expected += rows_[i][place].to(at::kDouble).mul(rows_[j][place]).sum().item<double>();
      }
      EXPECT_NEAR(gram(i, j), expected, 1e-10 * gram(i, i));
    }
  }
}

TEST_F(TaskStepTest, InnerProductsHaveTheSameBitsInAnySlices) {
  const auto whole = step(1).gram().entries();
  for (const std::int64_t slices : {2, 3, 7, 100}) {
    SCOPED_TRACE(slices);
    EXPECT_EQ(step(slices).gram().entries(), whole);
  }
}

TEST_F(TaskStepTest, GroupsHaveTheInnerProductsOfTheirParameters) {
  const auto tensors = step().grams(Grouping::tensor), layers = step().grams(Grouping::layer);
  ASSERT_EQ(tensors.size(), 7U);
  ASSERT_EQ(layers.size(), 6U) << "w1 and b1 are a layer";
  EXPECT_EQ(step().grams(Grouping::whole).front().entries(), step().gram().entries());
  for (std::size_t i = 0; i < kTasks; ++i) {
    for (std::size_t j = 0; j < kTasks; ++j) {
      for (const auto place : kShared) {
        double expected = 0;
        if (rows_[i][place].defined() && rows_[j][place].defined()) {
          expected = rows_[i][place].to(at::kDouble).mul(rows_[j][place]).sum().item<double>();
        }
        EXPECT_NEAR(tensors[place](i, j), expected, 1e-10 * tensors[place](0, 0));
      }
      for (const auto head : kHeads) EXPECT_EQ(tensors[head](i, j), 0);
      EXPECT_EQ(layers[1](i, j), tensors[1](i, j) + tensors[2](i, j));
      EXPECT_EQ(layers[4](i, j), tensors[5](i, j));
    }
  }
  for (const std::int64_t slices : {2, 7}) {
    for (std::size_t group = 0; group < layers.size(); ++group) {
      EXPECT_EQ(step(slices).grams(Grouping::layer)[group].entries(), layers[group].entries());
    }
  }
}

TEST_F(TaskStepTest, EachGroupIsCombinedByItsOwnCoefficients) {
  const auto gradients_with = [&](const std::vector<Coefficients>& coefficients,
                                  std::int64_t slices) {
    auto here = step(slices);
    here.grams(Grouping::layer);
    return found(here.combined(Grouping::layer, coefficients));
  };
  std::vector<Coefficients> different(6, kSome);
  different[1] = {3, 0, -1};  // w1 and b1
  different[4] = {0, 2, 5};   // "pair"
  const auto gradients = gradients_with(different, 1);
  for (const auto place : kShared) {
    const auto& coefficients = place < 4 ? different[1] : place == 4 ? kSome : different[4];
    at::Tensor expected = at::zeros_like(gradients[place]);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (rows_[i][place].defined()) expected = expected.add(rows_[i][place], coefficients[i]);
    }
    EXPECT_TRUE(at::allclose(gradients[place], expected, 1e-4, 1e-6)) << place;
  }
  auto whole = step(1);
  whole.gram();
  const auto as_one = found(whole.combined(kSome));
  const auto equal = gradients_with(std::vector<Coefficients>(6, kSome), 1);
  const auto in_slices = gradients_with(different, 3);
  for (std::size_t p = 0; p < gradients.size(); ++p) {
    EXPECT_TRUE(at::equal(equal[p], as_one[p])) << p << ": one group or equal groups";
    EXPECT_TRUE(at::equal(in_slices[p], gradients[p])) << p << ": bits in any slices";
  }
}

TEST_F(TaskStepTest, CombinedGradientsLeaveTheHeadsTheirOwn) {
  for (const std::int64_t slices : {0, 1, 3}) {
    SCOPED_TRACE(slices);
    auto with_rows = step(slices);
    with_rows.gram();
    const at::Tensor scalar = with_rows.combined(kSome);
    EXPECT_FLOAT_EQ(scalar.item<float>(), loss_.mean().item<float>());
    expect_combination(found(scalar), kSome, kOnes);
  }
  expect_combination(found(step().combined(kSome)), kSome, kOnes);
  expect_combination(found(step().combined(kSome, {3, 2, 1})), kSome, {3, 2, 1});
}

TEST_F(TaskStepTest, WeightedLossesWeighTheHeadsToo) {
  expect_combination(found(step().weighted(kSome)), kSome, kSome);
}

TEST_F(TaskStepTest, TheLastSharedMatrixIsFoundWithoutNamesOrOrder) {
  const auto norms = step().last_shared_norms();
  EXPECT_EQ(facts_.last_shared, std::optional<std::size_t>(4));  // w2, fifth of seven
  for (std::size_t i = 0; i < kTasks; ++i) {
    EXPECT_NEAR(norms[i], rows_[i][4].norm().item<double>(), 1e-5 * norms[i]);
  }
}

TEST_F(TaskStepTest, GradientsGoBackThroughTheRepresentation) {
  auto here = step();
  const auto rows = here.representation_gradients();
  EXPECT_THAT(facts_.trunk, testing::ElementsAre(1, 2, 4));
  EXPECT_EQ(rows[0].sizes(), output_.representation.sizes());
  at::Tensor gradient = at::zeros_like(rows[0]);
  for (std::size_t i = 0; i < kTasks; ++i) gradient.add_(rows[i], kSome[i]);
  const auto gradients = found(here.through_representation(gradient));
  for (const std::size_t place : {1, 2, 4}) {
    at::Tensor expected = at::zeros_like(gradients[place]);
    for (std::size_t i = 0; i < kTasks; ++i) expected.add_(rows_[i][place], kSome[i]);
    EXPECT_TRUE(at::allclose(gradients[place], expected, 1e-4, 1e-6));
  }
  // Beside the trunk each parameter has the sum of its tasks' gradients.
  EXPECT_TRUE(at::allclose(gradients[5], rows_[0][5].add(rows_[1][5]), 1e-5, 1e-7));
  EXPECT_TRUE(at::allclose(gradients[6], rows_[2][6], 1e-5, 1e-7));
  output_.representation = at::Tensor();
  EXPECT_THROW(step().representation_gradients(), std::invalid_argument);
}

class AbsentTask : public TaskStepTest {
 protected:
  AbsentTask() : TaskStepTest(/*one_task_per_example=*/true) {}
};

TEST_F(AbsentTask, IsLeftOut) {
  auto here = step();
  EXPECT_THAT(here.present(), testing::ElementsAre(0, 1));
  EXPECT_EQ(here.losses().size(), 2U);
  EXPECT_EQ(here.gram().tasks(), 2U);
  const auto gradients = found(here.combined({2, 0.5}));
  expect_combination(gradients, {2, 0.5}, kOnes);
  EXPECT_EQ(gradients[kHeads[2]].abs().max().item<float>(), 0) << "nothing reaches its head";
}

}  // namespace
}  // namespace timetrial::submissions_test
