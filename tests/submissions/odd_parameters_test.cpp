// Every submission on parameters of every kind, and on one and two threads.
#include "built_in.h"
#include "harness/sdk/rehearsal.h"
#include "odd_network.h"

#include <ATen/Parallel.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/isfinite.h>
#include <gtest/gtest.h>

namespace timetrial::submissions_test {
namespace {

constexpr int kSteps = 12;  // more than what is refreshed every ten steps

sdk::Problem odd_problem(const std::string& name) {
  sdk::Problem problem;
  problem.workload = make_odd_network();
  problem.data = make_odd_data();
  problem.batch_size = 32;
  problem.point = good_point(name);
  return problem;
}

class OddParameters : public testing::TestWithParam<std::string> {};

TEST_P(OddParameters, AreTrainedWhereTheyLie) {
  const auto problem = odd_problem(GetParam());
  const sdk::SubmissionLibrary file(library(GetParam()));
  sdk::Rehearsal rehearsal(file, problem);
  const auto before = rehearsal.weights();
  std::vector<std::vector<std::int64_t>> strides;
  const auto& parameters = rehearsal.training().parameters();
  for (const auto& parameter : parameters) strides.push_back(parameter.tensor.strides().vec());
  for (int i = 0; i < kSteps; ++i) rehearsal.step();
  const auto after = rehearsal.weights();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    SCOPED_TRACE(parameters[i].name);
    EXPECT_EQ(parameters[i].tensor.strides().vec(), strides[i]);
    EXPECT_TRUE(at::isfinite(after[i]).all().item<bool>());
    const bool moves = parameters[i].name != "unused" && after[i].numel() > 0;
    EXPECT_NE(at::equal(before[i], after[i]), moves);
  }
}

TEST_P(OddParameters, GoOnFromACheckpointBitForBit) {
  const auto problem = odd_problem(GetParam());
  const sdk::SubmissionLibrary file(library(GetParam()));
  sdk::Rehearsal one(file, problem), other(file, problem);
  for (int i = 0; i < 5; ++i) one.step();
  other.load(one.save());
  for (int i = 0; i < kSteps; ++i) {
    one.step();
    other.step();
  }
  const auto expected = one.weights(), found = other.weights();
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(at::equal(expected[i], found[i]));
}

/// SOAP also moves along directions in which no gradient has pointed, by rounding divided by its
/// own root: an epsilon well above rounding leaves what is the algorithm's.
sdk::Problem settled_problem(const std::string& name) {
  auto problem = odd_problem(name);
  if (name != "soap") return problem;
  auto point = problem.point.values();
  point["epsilon"] = 1e-3;
  problem.point = Hyperparameters(point);
  return problem;
}

TEST_P(OddParameters, AreTheSameOnOneAndTwoThreads) {
  const auto problem = settled_problem(GetParam());
  const sdk::SubmissionLibrary file(library(GetParam()));
  const int threads = at::get_num_threads();
  std::vector<std::vector<at::Tensor>> found;
  for (const int count : {1, 2}) {
    at::set_num_threads(count);
    sdk::Rehearsal rehearsal(file, problem);
    for (int i = 0; i < kSteps; ++i) rehearsal.step();
    found.push_back(rehearsal.weights());
  }
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < found[0].size(); ++i) {
    const double tolerance = found[0][i].scalar_type() == at::kBFloat16 ? 1e-2 : 1e-4;
    EXPECT_TRUE(at::allclose(found[0][i], found[1][i], tolerance, tolerance)) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Submissions, OddParameters, testing::ValuesIn(all_submissions()),
                         [](const auto& param_info) { return param_info.param; });

}  // namespace
}  // namespace timetrial::submissions_test
