// Sophia with labels that the model samples, which the fixture network has none of.
#include "harness/sdk/tensor_bytes.h"
#include "harness/sdk/trajectory.h"
#include "tests/submissions/altered_network.h"

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace timetrial::sdk {
namespace {

constexpr char kLibrary[] = SUBMISSIONS_DIR "/sophia.so";
constexpr char kFile[] = FIXTURES_DIR "/sophia_labels.safetensors";

/// The recorded run, a classification. Its targets are the places of the largest numbers, or
/// probabilities.
Trajectory recorded(bool probabilities = false) {
  auto trajectory = read_trajectory(kFile);
  const tensorfile::Reader file(kFile);
  const auto targets = tensor_from(file, "targets").flatten(0, 1);
  trajectory.problem.workload = std::make_unique<AlteredNetwork>(Alterations{.classifies = true});
  trajectory.problem.data =
      make_fixture_data(tensor_from(file, "inputs").flatten(0, 1),
                        probabilities ? targets.softmax(1) : targets.argmax(1));
  return trajectory;
}

/// w1 after three steps.
at::Tensor w1_after(double estimator, bool probabilities = false) {
  auto trajectory = recorded(probabilities);
  trajectory.problem.point =
      Hyperparameters({{"learning_rate", 0.01}, {"rho", 1}, {"estimator", estimator}});
  const SubmissionLibrary file(kLibrary);
  Rehearsal rehearsal(file, trajectory.problem);
  for (int i = 0; i < 3; ++i) rehearsal.step();
  return rehearsal.weights()[0];
}

TEST(Sophia, WithSampledLabelsEqualsItsReference) {
  const SubmissionLibrary file(kLibrary);
  const auto results = follow(recorded(), file);
  EXPECT_EQ(results.size(), 4);
  for (const auto& result : results) {
    EXPECT_TRUE(result.passed) << result.name << ": " << result.error << " " << result.detail;
  }
}

TEST(Sophia, SamplesLabelsWhereItCan) {
  EXPECT_TRUE(at::equal(w1_after(/*estimator=*/0), w1_after(1)));
  EXPECT_FALSE(at::equal(w1_after(0), w1_after(2)));
}

TEST(Sophia, UsesProbesWhereTargetsAreNoClasses) {
  EXPECT_TRUE(at::equal(w1_after(0, /*probabilities=*/true), w1_after(2, true)));
  EXPECT_THROW(w1_after(1, true), std::invalid_argument);
}

TEST(Sophia, RefusesLabelsOfAWorkloadWithoutSoftmax) {
  auto problem = read_trajectory(kFile).problem;
  problem.point = Hyperparameters({{"learning_rate", 0.01}, {"estimator", 1}});
  const SubmissionLibrary file(kLibrary);
  try {
    Rehearsal rehearsal(file, problem);
    FAIL() << "accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), testing::StartsWith("estimator = 1, expected 0 or 2"));
  }
}

}  // namespace
}  // namespace timetrial::sdk
