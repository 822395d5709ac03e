// Training on the large task first: what is drawn, and what is reset, when.
#include "built_in.h"
#include "harness/sdk/rehearsal.h"
#include "task_network.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace timetrial::submissions_test {
namespace {

using Counts = std::vector<std::int64_t>;
constexpr const char* kName = "order_pretrain_finetune";

constexpr std::int64_t kBatch = 128;  ///< what AdamW asks for

/// Of 20 steps; tasks of 60, 30 and 6 examples.
sdk::Problem task_problem(std::map<std::string, double> point) {
  sdk::Problem problem;
  problem.workload = make_task_network(/*one_task_per_example=*/true);
  problem.data = make_task_data(/*one_task_per_example=*/true);
  point.merge(std::map<std::string, double>{{"learning_rate", 0.01}, {"task_switch", 0.5}});
  problem.point = Hyperparameters(point);
  return problem;
}

Counts drawn(sdk::Rehearsal& rehearsal) { return rehearsal.training().batches().drawn_of_tasks(); }

TEST(Order, DrawsTheLargeTaskAloneUntilTheSwitch) {
  const auto terms = task_problem({{"task_small_share", 0.5}});
  const sdk::SubmissionLibrary file(library(kName));
  sdk::Rehearsal rehearsal(file, terms);
  for (int i = 0; i < 10; ++i) rehearsal.step();
  EXPECT_EQ(drawn(rehearsal), (Counts{10 * kBatch, 0, 0}));
  for (int i = 0; i < 10; ++i) rehearsal.step();
  const auto all = drawn(rehearsal);
  EXPECT_EQ(all[0], 15 * kBatch) << "half of each batch";
  EXPECT_EQ(all[1] + all[2], 5 * kBatch);
  EXPECT_EQ(all[1], all[2]);
}

TEST(Order, ControlsDrawTheMixtureThroughoutOrTheSmallTasksAlone) {
  const sdk::SubmissionLibrary file(library(kName));
  const auto restart =
      task_problem({{"task_small_share", 0.5}, {"task_pretrain_small_share", 0.5}});
  sdk::Rehearsal mixture(file, restart);
  mixture.step();
  EXPECT_EQ(drawn(mixture)[0], kBatch / 2);
  const auto alone = task_problem({{"task_finetune_small_only", 1}});
  sdk::Rehearsal small(file, alone);
  for (int i = 0; i < 11; ++i) small.step();
  EXPECT_EQ(drawn(small)[0], 10 * kBatch);
}

TEST(Order, TheResetIsWhatControlsLeaveOut) {
  const sdk::SubmissionLibrary file(library(kName));
  const auto with = task_problem({{"task_reset", 1}}), without = task_problem({{"task_reset", 0}});
  sdk::Rehearsal one(file, with), other(file, without);
  const auto equal = [&] { return at::equal(one.weights()[0], other.weights()[0]); };
  for (int i = 0; i < 10; ++i) {
    one.step();
    other.step();
  }
  EXPECT_TRUE(equal()) << "the rate is constant, so the phase's length does not matter yet";
  one.step();
  other.step();
  EXPECT_FALSE(equal()) << "Adam's moments begin anew";
}

TEST(Order, GoesOnFromACheckpointOfEitherPhaseBitForBit) {
  const auto terms = task_problem({{"task_small_share", 0.5}, {"warmup_factor", 0.2}});
  const sdk::SubmissionLibrary file(library(kName));
  for (const int at : {5, 10, 14}) {  // before, at and after the switch
    SCOPED_TRACE(at);
    sdk::Rehearsal rehearsal(file, terms), other(file, terms);
    for (int i = 0; i < at; ++i) rehearsal.step();
    other.load(rehearsal.save());
    for (int i = at; i < 18; ++i) {
      rehearsal.step();
      other.step();
    }
    const auto expected = rehearsal.weights(), found = other.weights();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(at::equal(expected[i], found[i])) << i;
    }
  }
}

}  // namespace
}  // namespace timetrial::submissions_test
