// The batch size of a point is what is drawn, behind wrappers too.
#include "built_in.h"
#include "harness/sdk/rehearsal.h"
#include "task_network.h"

#include <gtest/gtest.h>

#include <numeric>

namespace timetrial::submissions_test {
namespace {

std::int64_t drawn_in_a_step(const std::string& name, std::map<std::string, double> more) {
  sdk::Problem problem;
  problem.workload = make_task_network(/*one_task_per_example=*/true);
  problem.data = make_task_data(/*one_task_per_example=*/true);
  more.merge(std::map<std::string, double>{{"learning_rate", 0.01}});
  problem.point = Hyperparameters(more);
  const sdk::SubmissionLibrary file(library(name));
  sdk::Rehearsal rehearsal(file, problem);
  rehearsal.step();
  const auto drawn = rehearsal.training().batches().drawn_of_tasks();
  return std::accumulate(drawn.begin(), drawn.end(), std::int64_t{0});
}

TEST(BatchSize, OfThePointIsWhatAStepDraws) {
  for (const char* name : {"adamw", "dwa", "mix_temperature", "order_pretrain_finetune"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(drawn_in_a_step(name, {}), 128);
    EXPECT_EQ(drawn_in_a_step(name, {{"batch_size", 24}}), 24);
  }
}

}  // namespace
}  // namespace timetrial::submissions_test
