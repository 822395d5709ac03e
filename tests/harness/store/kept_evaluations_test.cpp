#include "harness/store/kept_evaluations.h"

#include <gtest/gtest.h>

namespace timetrial::store {
namespace {

Evaluation at(std::int64_t step, double time_s) {
  Evaluation evaluation;
  evaluation.step = step;
  evaluation.submission_time_s = time_s;
  return evaluation;
}

Attempt from(std::int64_t step, double time_s) {
  Attempt attempt;
  attempt.start_step = step;
  attempt.start_time_s = time_s;
  return attempt;
}

std::vector<std::int64_t> kept_steps(const std::vector<Evaluation>& evaluations,
                                     const std::vector<Attempt>& attempts) {
  std::vector<std::int64_t> steps;
  for (const auto& e : kept_evaluations(evaluations, attempts)) steps.push_back(e.step);
  return steps;
}

TEST(KeptEvaluations, AreAllOfAnUndisturbedTrial) {
  EXPECT_EQ(kept_steps({at(1, 0.1), at(50, 2), at(50, 2.5)}, {from(0, 0)}),
            (std::vector<std::int64_t>{1, 50, 50}));
}

TEST(KeptEvaluations, AreNotThoseThatAResumeWentBackBehind) {
  // Killed at 5.5 s; the checkpoint was made at step 50.
  EXPECT_EQ(kept_steps({at(1, 0.1), at(50, 2), at(80, 5), at(70, 6.5), at(90, 8)},
                       {from(0, 0), from(50, 5.5)}),
            (std::vector<std::int64_t>{1, 50, 70, 90}));
  // Twice, and the second time further back.
  EXPECT_EQ(kept_steps({at(1, 0.1), at(50, 2), at(80, 5), at(70, 6.5), at(60, 9)},
                       {from(0, 0), from(50, 5.5), from(1, 8)}),
            (std::vector<std::int64_t>{1, 60}));
}

TEST(KeptEvaluations, AreNoneWhenTrainingBeganAfresh) {
  EXPECT_EQ(kept_steps({at(1, 0.1), at(50, 2), at(1, 3)}, {from(0, 0), from(0, 2.5)}),
            (std::vector<std::int64_t>{1}));
}

}  // namespace
}  // namespace timetrial::store
