// What Clippy's two submissions share, and the other forms of the one over Adagrad.
#include "harness/sdk/trajectory.h"
#include "tests/submissions/altered_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace timetrial::sdk {
namespace {

using Point = std::map<std::string, double>;

class Clippy : public testing::TestWithParam<const char*> {
 protected:
  /// How far each parameter moves in one step, at most, with a bound of 0.001 for each weight
  /// unless the point has another.
  std::vector<double> moved(Point point, const Alterations& alterations = {}) const {
    point.insert({{"learning_rate", 0.5}, {"lambda_rel", 0}, {"lambda_abs", 1e-3}});
    Problem problem;
    problem.workload = std::make_unique<AlteredNetwork>(alterations);
    problem.data = make_synthetic_data(1000, 1);
    problem.point = Hyperparameters(point);
    const SubmissionLibrary file(std::string(SUBMISSIONS_DIR "/") + GetParam() + ".so");
    Rehearsal rehearsal(file, problem);
    const auto before = rehearsal.weights();
    rehearsal.step();
    std::vector<double> result;
    for (std::size_t i = 0; i < before.size(); ++i) {
      result.push_back(rehearsal.weights()[i].sub(before[i]).abs().max().item<double>());
    }
    return result;
  }
};

TEST_P(Clippy, LetsEachTensorMoveAsFarAsItsBound) {
  for (const double distance : moved({})) EXPECT_NEAR(distance, 1e-3, 1e-6);
  for (const double distance : moved({{"lambda_abs", 1e9}})) EXPECT_GT(distance, 2e-3);
}

TEST_P(Clippy, HasOneFactorForTheWholeModelIfAsked) {
  const auto free = moved({{"lambda_abs", 1e9}}), bound = moved({{"scope", 1}});
  const double factor = bound[0] / free[0];
  for (std::size_t i = 0; i < free.size(); ++i) EXPECT_NEAR(bound[i] / free[i], factor, 1e-4);
  EXPECT_NEAR(*std::max_element(bound.begin(), bound.end()), 1e-3, 1e-6);
}

TEST_P(Clippy, LeavesEmbeddingTablesAloneUnlessAsked) {
  const Alterations by_type{.types = {{"w2", ParameterType::embedding}}};
  const Alterations by_name{.names = {{"w2", "embedding_chunk_0"}}};
  const double free = moved({{"lambda_abs", 1e9}})[2];
  for (const auto& alterations : {by_type, by_name}) {
    for (const double scope : {0, 1}) {
      const auto distances = moved({{"scope", scope}}, alterations);
      EXPECT_EQ(distances[2], free);
      EXPECT_LT(distances[0], 1.001e-3);
    }
    EXPECT_NEAR(moved({{"clip_embeddings", 1}}, alterations)[2], 1e-3, 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Submissions, Clippy, testing::Values("clippy_adagrad", "clippy_adamw"));

TEST(ClippyAdagrad, HasThePublishedFormForOneTensorAndForAll) {
  const SubmissionLibrary file(SUBMISSIONS_DIR "/clippy_adagrad.so");
  for (const char* name : {"clippy_adagrad_published", "clippy_adagrad_global"}) {
    const auto trajectory = read_trajectory(std::string(FIXTURES_DIR "/") + name + ".safetensors");
    for (const auto& result : follow(trajectory, file)) {
      EXPECT_TRUE(result.passed) << result.name << ": " << result.error << " " << result.detail;
    }
  }
}

TEST(ClippyAdagrad, ClipsTheAccumulatorInThePublishedFormOnly) {
  auto problem = read_trajectory(FIXTURES_DIR "/clippy_adagrad.safetensors").problem;
  problem.point = Hyperparameters({{"learning_rate", 0.5}, {"clip_accumulator", 1}});
  const SubmissionLibrary file(SUBMISSIONS_DIR "/clippy_adagrad.so");
  try {
    Rehearsal rehearsal(file, problem);
    FAIL() << "accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "clip_accumulator = 1, expected 0 unless published_form = 1");
  }
}

}  // namespace
}  // namespace timetrial::sdk
