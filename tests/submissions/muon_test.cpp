// Which parameters Muon counts as matrices.
#include "tests/submissions/altered_network.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

namespace timetrial::sdk {
namespace {

/// w1 after three steps.
at::Tensor w1_after(const Alterations& alterations) {
  Problem problem;
  problem.workload = std::make_unique<AlteredNetwork>(alterations);
  problem.data = make_synthetic_data(1000, 1);
  problem.point = Hyperparameters({{"learning_rate", 0.02}, {"adam_learning_rate", 0.001}});
  const SubmissionLibrary file(SUBMISSIONS_DIR "/muon.so");
  Rehearsal rehearsal(file, problem);
  for (int i = 0; i < 3; ++i) rehearsal.step();
  return rehearsal.weights()[0];
}

TEST(Muon, LeavesEmbeddingTablesToAdam) {
  const auto matrix = w1_after({});
  const auto by_type = w1_after({.types = {{"w1", ParameterType::embedding}}});
  const auto by_name = w1_after({.names = {{"w1", "embedding_chunk_0"}}});
  EXPECT_TRUE(at::equal(by_type, by_name));
  EXPECT_FALSE(at::equal(by_type, matrix));
}

}  // namespace
}  // namespace timetrial::sdk
