// Every multi-task submission on a network of three tasks, and on one of one task.
#include "built_in.h"
#include "harness/sdk/fixture_network.h"
#include "harness/sdk/rehearsal.h"
#include "task_network.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace timetrial::submissions_test {
namespace {

using testing::HasSubstr;

sdk::Problem three_tasks(const std::string& name, bool one_task_per_example,
                         std::map<std::string, double> more = {}) {
  sdk::Problem problem;
  problem.workload = make_task_network(one_task_per_example);
  problem.data = make_task_data(one_task_per_example);
  problem.batch_size = 16;
  auto point = good_point(name).values();
  point.merge(more);
  problem.point = Hyperparameters(point);
  return problem;
}

double mean_loss(sdk::Rehearsal& rehearsal) {
  std::vector<std::int64_t> all(96);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  auto& training = rehearsal.training();
  return training.mean_loss(training.batches().examples(all)).item<double>();
}

class TaskMethods : public testing::TestWithParam<std::string> {};

TEST_P(TaskMethods, LowerTheLossOfThreeTasks) {
  for (const bool one : {false, true}) {
    SCOPED_TRACE(one ? "one task per example" : "all tasks per example");
    const auto problem = three_tasks(GetParam(), one);
    const sdk::SubmissionLibrary file(library(GetParam()));
    sdk::Rehearsal rehearsal(file, problem);
    const double before = mean_loss(rehearsal);
    for (int i = 0; i < 150; ++i) rehearsal.step();
    EXPECT_LT(mean_loss(rehearsal), 0.6 * before);
  }
}

TEST_P(TaskMethods, GoOnFromACheckpointBitForBit) {
  for (const bool one : {false, true}) {
    const auto problem = three_tasks(GetParam(), one);
    const sdk::SubmissionLibrary file(library(GetParam()));
    sdk::Rehearsal rehearsal(file, problem), other(file, problem);
    for (int i = 0; i < 9; ++i) rehearsal.step();
    other.load(rehearsal.save());
    for (int i = 0; i < 9; ++i) {
      rehearsal.step();
      other.step();
    }
    const auto expected = rehearsal.weights(), found = other.weights();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(at::equal(expected[i], found[i])) << i;
    }
  }
}

TEST_P(TaskMethods, TrainASingleTaskAsTheirBaseDoes) {
  std::vector<std::vector<at::Tensor>> found;
  for (const auto& name : {GetParam(), base_of(GetParam())}) {
    sdk::Problem problem;
    problem.workload = sdk::make_fixture_network(/*unused_parameter=*/true);
    problem.data = sdk::make_synthetic_data(100, 1);
    problem.batch_size = 16;
    problem.point = good_point(GetParam());
    const sdk::SubmissionLibrary file(library(name));
    sdk::Rehearsal rehearsal(file, problem);
    for (int i = 0; i < 10; ++i) rehearsal.step();
    found.push_back(rehearsal.weights());
  }
  for (std::size_t i = 0; i < found[0].size(); ++i)
    EXPECT_TRUE(at::equal(found[0][i], found[1][i]));
}

TEST_P(TaskMethods, RefuseTaskHyperparametersThatTheyLack) {
  const sdk::SubmissionLibrary file(library(GetParam()));
  const auto problem = three_tasks(GetParam(), false, {{"task_colour", 1}});
  try {
    const sdk::Rehearsal rehearsal(file, problem);
    FAIL() << "accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("unknown hyperparameter 'task_colour'"));
  }
}

INSTANTIATE_TEST_SUITE_P(Submissions, TaskMethods, testing::ValuesIn(task_methods()),
                         [](const auto& param_info) { return param_info.param; });

/// The weights after some steps.
std::vector<at::Tensor> trained(const std::string& name, int steps,
                                std::map<std::string, double> more = {}, bool one = false) {
  const auto problem = three_tasks(name, one, std::move(more));
  const sdk::SubmissionLibrary file(library(name));
  sdk::Rehearsal rehearsal(file, problem);
  for (int i = 0; i < steps; ++i) rehearsal.step();
  return rehearsal.weights();
}

bool close(const std::vector<at::Tensor>& one, const std::vector<at::Tensor>& other) {
  for (std::size_t i = 0; i < one.size(); ++i) {
    if (!at::allclose(one[i], other[i], 1e-4, 1e-5)) return false;
  }
  return true;
}

TEST(TaskMethod, UniformWeightsAreTheBaseOnTheMeanOfTheTasks) {
  EXPECT_TRUE(close(trained("scalarize", 10), trained("adamw", 10)));
  EXPECT_TRUE(close(trained("scalarize_momentum", 10), trained("momentum", 10)));
  EXPECT_FALSE(close(trained("scalarize", 10, {{"task_weight_1", 9}}), trained("adamw", 10)));
}

TEST(TaskMethod, TheFirstStepOfMomentumIsTheCombinedGradient) {
  // Uniform weights with the heads' unscaled: the first step of scalarize moves by a third.
  constexpr double kRate = 1e-3;
  const std::map<std::string, double> point{{"learning_rate", kRate}};
  const auto before = trained("momentum", 0, point);
  const auto mean = trained("scalarize_momentum", 1, point);
  const auto pcgrad = trained("pcgrad_momentum", 1, point);
  const auto mgda = trained("mgda_momentum", 1, point);
  for (const std::size_t head : {0U, 3U, 6U}) {
    const auto own = mean[head].sub(before[head]).mul(3);
    EXPECT_TRUE(at::allclose(pcgrad[head].sub(before[head]), own, 1e-3, 1e-6));
    EXPECT_TRUE(at::allclose(mgda[head].sub(before[head]), own, 1e-3, 1e-6));
  }
  double mean_length = 0, mgda_length = 0;
  for (const std::size_t shared : {1U, 2U, 4U, 5U}) {
    mean_length += mean[shared].sub(before[shared]).pow(2).sum().item<double>();
    mgda_length += mgda[shared].sub(before[shared]).pow(2).sum().item<double>();
  }
  EXPECT_LT(mgda_length, mean_length) << "the mean is in the hull, too";
}

TEST(TaskMethod, SlicesChangeNothingButRounding) {
  for (const char* name : {"pcgrad", "nash_mtl", "imtl"}) {
    SCOPED_TRACE(name);
    EXPECT_TRUE(
        close(trained(name, 5, {{"task_slices", 1}}), trained(name, 5, {{"task_slices", 4}})));
  }
}

TEST(TaskMethod, GradVacsGroupsAreOneWhereOneTensorIsShared) {
  const auto weights = [](double groups, bool one_shared) {
    auto problem = three_tasks("gradvac", false, {{"task_groups", groups}});
    problem.workload = make_task_network(false, one_shared);
    const sdk::SubmissionLibrary file(library("gradvac"));
    sdk::Rehearsal rehearsal(file, problem);
    for (int i = 0; i < 10; ++i) rehearsal.step();
    return rehearsal.weights();
  };
  const auto whole = weights(0, true), layers = weights(1, true), tensors = weights(2, true);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_TRUE(at::equal(whole[i], layers[i])) << i;
    EXPECT_TRUE(at::equal(whole[i], tensors[i])) << i;
  }
  const auto all = weights(0, false), of_layers = weights(1, false);
  EXPECT_FALSE(close(all, of_layers));
  EXPECT_FALSE(close(of_layers, weights(2, false)));
}

TEST(TaskMethod, GradVacGoesOnWithTheSimilaritiesOfItsGroups) {
  const auto problem = three_tasks("gradvac", false, {{"task_groups", 1}});
  const sdk::SubmissionLibrary file(library("gradvac"));
  sdk::Rehearsal rehearsal(file, problem), other(file, problem);
  for (int i = 0; i < 9; ++i) rehearsal.step();
  other.load(rehearsal.save());
  for (int i = 0; i < 9; ++i) {
    rehearsal.step();
    other.step();
  }
  const auto expected = rehearsal.weights(), found = other.weights();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(at::equal(expected[i], found[i])) << i;
  }
}

TEST(TaskMethod, NashKeepsItsCoefficientsForSoManySteps) {
  const auto every = trained("nash_mtl", 5), third = trained("nash_mtl", 5, {{"task_every", 3}});
  EXPECT_FALSE(close(every, third));
  EXPECT_TRUE(close(trained("nash_mtl", 1), trained("nash_mtl", 1, {{"task_every", 3}})));
}

/// Examples of each task that 20 steps draw.
std::vector<std::int64_t> drawn(const std::string& name, std::map<std::string, double> more) {
  const auto problem = three_tasks(name, true, std::move(more));
  const sdk::SubmissionLibrary file(library(name));
  sdk::Rehearsal rehearsal(file, problem);
  for (int i = 0; i < 20; ++i) rehearsal.step();
  return rehearsal.training().batches().drawn_of_tasks();
}

TEST(TaskMethod, SamplersDrawTheTasksByTheirShares) {
  const auto near = [](double share) {  // of 20 * 128 examples, each step within 1 of its share
    return testing::AllOf(testing::Ge(2560 * share - 20), testing::Le(2560 * share + 20));
  };
  EXPECT_THAT(
      drawn("scalarize", {{"task_weight_0", 2}, {"task_weight_1", 0}, {"task_weight_2", 2}}),
      testing::ElementsAre(1280, 0, 1280));
  EXPECT_THAT(drawn("mix_temperature", {{"task_temperature", 1}}),
              testing::ElementsAre(near(60. / 96), near(30. / 96), near(6. / 96)));
  EXPECT_THAT(drawn("mix_temperature", {{"task_temperature", 1e6}}), testing::Each(near(1. / 3)));
  // 2,560 examples: more than twice the data, so that all is used up.
  EXPECT_THAT(drawn("mix_unimax", {{"task_epochs", 2}}),
              testing::ElementsAre(near(120. / 192), near(60. / 192), near(12. / 192)));
}

}  // namespace
}  // namespace timetrial::submissions_test
