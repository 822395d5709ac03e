// Blocks that the parameters of the fixture network have not: heads, and whole tensors.
#include "harness/sdk/trajectory.h"
#include "tests/submissions/altered_network.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linear.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::sdk {
namespace {

constexpr char kLibrary[] = SUBMISSIONS_DIR "/adam_mini.so";

/// The recorded run: w1 is keys of two heads of four rows, then values; w2 is a norm's scale.
Trajectory recorded() {
  auto trajectory = read_trajectory(FIXTURES_DIR "/adam_mini_heads.safetensors");
  trajectory.problem.workload = std::make_unique<AlteredNetwork>(Alterations{
      .types = {{"w1", ParameterType::attention_kv}, {"w2", ParameterType::layer_norm_scale}}});
  return trajectory;
}

TEST(AdamMini, SharesSecondMomentsAsItsReferenceDoes) {
  const SubmissionLibrary file(kLibrary);
  const auto results = follow(recorded(), file);
  EXPECT_EQ(results.size(), 4);
  for (const auto& result : results) {
    EXPECT_TRUE(result.passed) << result.name << ": " << result.error << " " << result.detail;
  }
}

TEST(AdamMini, GoesOnAsSaved) {
  const SubmissionLibrary file(kLibrary);
  const auto trajectory = recorded();
  Rehearsal first(file, trajectory.problem), second(file, trajectory.problem);
  for (int i = 0; i < 5; ++i) first.step();
  second.load(first.save());
  first.step();
  second.step();
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(at::equal(first.weights()[i], second.weights()[i])) << i;
  }
}

/// Weights after three steps of a problem whose w1 has that type.
at::Tensor w1_after(ParameterType type, double head_size) {
  auto trajectory = recorded();
  trajectory.problem.workload =
      std::make_unique<AlteredNetwork>(Alterations{.types = {{"w1", type}}});
  trajectory.problem.point = Hyperparameters({{"learning_rate", 0.02}, {"head_size", head_size}});
  const SubmissionLibrary file(kLibrary);
  Rehearsal rehearsal(file, trajectory.problem);
  for (int i = 0; i < 3; ++i) rehearsal.step();
  return rehearsal.weights()[0];
}

TEST(AdamMini, LeavesRowsAloneThatMakeNoWholeHeads) {
  const auto rows = w1_after(ParameterType::weight, 4);
  EXPECT_TRUE(at::equal(w1_after(ParameterType::attention_q, 1), rows));
  EXPECT_TRUE(at::equal(w1_after(ParameterType::attention_q, 5), rows));    // of 16
  EXPECT_TRUE(at::equal(w1_after(ParameterType::attention_qkv, 4), rows));  // no thirds
  EXPECT_TRUE(at::equal(w1_after(ParameterType::attention_v, 4), rows));
  EXPECT_FALSE(at::equal(w1_after(ParameterType::attention_q, 4), rows));
}

/// Packed queries, keys and values of two rows each.
class Packed final : public workloads::Model {
 public:
  Packed() {
    const auto values = at::arange(36, at::kFloat).sin().view({6, 6});
    parameters_ = {{"qkv", ParameterType::attention_qkv, values.set_requires_grad(true)}};
  }
  void initialize(std::uint64_t /*seed*/) override {}
  ModelOutput forward(const Batch& batch, const ForwardOptions& /*options*/) override {
    const auto rows = at::linear(batch.inputs(), parameters_[0].tensor);
    return {rows.narrow(1, 0, 4).add(rows.narrow(1, 2, 4)), {}};
  }
};

TEST(AdamMini, SplitsPackedQueriesKeysAndValues) {
  auto problem = recorded().problem;
  problem.initial.clear();
  problem.workload = std::make_unique<AlteredNetwork>(
      Alterations{.model = [] { return std::make_unique<Packed>(); }});
  problem.point = Hyperparameters({{"learning_rate", 0.25}, {"head_size", 2}});
  const SubmissionLibrary file(kLibrary);
  Rehearsal rehearsal(file, problem);
  const auto before = rehearsal.weights()[0];
  rehearsal.step();
  // The first step of a block has the learning rate for its root mean square.
  const auto squares = rehearsal.weights()[0].sub(before).square().mean(1);
  const auto length = [&](int row, int rows) {
    return squares.narrow(0, row, rows).mean().sqrt().item<double>();
  };
  EXPECT_NEAR(length(0, 2), 0.25, 1e-5);
  EXPECT_NEAR(length(2, 2), 0.25, 1e-5);
  EXPECT_NEAR(length(4, 1), 0.25, 1e-5);
  EXPECT_NEAR(length(5, 1), 0.25, 1e-5);
  for (const int row : {0, 1, 2, 3}) EXPECT_GT(std::abs(length(row, 1) - 0.25), 1e-3) << row;
}

}  // namespace
}  // namespace timetrial::sdk
