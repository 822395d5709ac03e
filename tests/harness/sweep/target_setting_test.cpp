#include "harness/sweep/target_setting.h"

#include "harness/trial/error.h"
#include "tests/support/small_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace timetrial::sweep {
namespace {

using testing::HasSubstr;

rulesets::RuleSet rules() {
  return rulesets::parse(
      test::small_rules(
          {{.workload = "up",
            .metric = "auc",
            .step_hint = 1001,
            .more = "evaluation_batch_size = 77\n"},
           {.workload = "down", .metric = "loss", .higher_is_better = false, .step_hint = 10}}),
      "test");
}

TargetRun run(double validation, double test, double time = 1) {
  TargetRun result;
  result.trial.key = {"adamw", "up", 0, 0};
  result.validation = validation;
  result.test = test;
  result.submission_time_s = time;
  return result;
}

TargetRun diverged() {
  TargetRun result;
  result.trial.key = {"lion", "up", 3, 0};
  result.outcome = "diverged";
  return result;
}

TEST(TargetTerms, ScaleTheStepHintAndLimitNothingElse) {
  const auto all = rules();
  const auto terms = rulesets::parse(target_terms(all, "up", {}), "terms");
  ASSERT_EQ(terms.workloads.size(), 1U);
  const auto& up = terms.workloads.front();
  EXPECT_EQ(up.workload, "up");
  EXPECT_EQ(up.step_hint, 750);  // three quarters of 1001, rounded down
  EXPECT_EQ(up.evaluation_batch_size, 77);
  EXPECT_GT(up.validation_target, 1e6);
  EXPECT_GE(up.evaluation_period_s, 1e6);
  EXPECT_EQ(terms.limits.memory_mb, 1500);
  EXPECT_EQ(terms.hardware_profile, "cpu-2core");
  const auto down = rulesets::parse(target_terms(all, "down", {.fraction = 1}), "terms");
  EXPECT_EQ(down.workloads.front().step_hint, 10);
  EXPECT_FALSE(down.workloads.front().reaches(0, down.workloads.front().validation_target));
}

TEST(BestRun, IsTheFirstOfTheBestThatWereMeasured) {
  const std::vector<TargetRun> runs = {diverged(), run(0.7, 0), run(0.9, 1), run(0.9, 2)};
  EXPECT_EQ(&best_run(runs, true), &runs[2]);
  EXPECT_EQ(&best_run(runs, false), &runs[1]);
  EXPECT_THROW(best_run({diverged()}, true), InputError);
}

TEST(DeriveTargets, TakesTheMedianAndTheWorstTestAmongThoseThatReachIt) {
  // Sorted: 0.91 0.90 | 0.88 | 0.80 0.70; the tests of the first three count.
  const std::vector<TargetRun> runs = {run(0.88, 0.86, 9), run(0.70, 0.10, 5), run(0.91, 0.84, 7),
                                       run(0.80, 0.99, 6), run(0.90, 0.85, 8)};
  const auto targets = derive_targets(runs, true, {});
  EXPECT_DOUBLE_EQ(targets.validation, 0.88);
  EXPECT_DOUBLE_EQ(targets.test, 0.84);
  EXPECT_EQ(targets.reached, 3);
  EXPECT_DOUBLE_EQ(targets.median_time_s, 7);
  EXPECT_DOUBLE_EQ(targets.budget_s, 14);
}

TEST(DeriveTargets, LowerIsBetterTheOtherWayRound) {
  const std::vector<TargetRun> runs = {run(3.1, 3.0), run(3.0, 3.3), run(3.2, 9.0)};
  const auto targets = derive_targets(runs, false, {});
  EXPECT_DOUBLE_EQ(targets.validation, 3.1);
  EXPECT_DOUBLE_EQ(targets.test, 3.3);
  EXPECT_EQ(targets.reached, 2);
}

TEST(DeriveTargets, AnEvenNumberHasItsWorseMiddleAsMedian) {
  EXPECT_DOUBLE_EQ(derive_targets({run(0.5, 1), run(0.7, 1)}, true, {}).validation, 0.5);
  EXPECT_DOUBLE_EQ(derive_targets({run(0.5, 1), run(0.7, 1)}, false, {}).validation, 0.7);
}

TEST(DeriveTargets, RoundsTowardsEasier) {
  const auto higher = derive_targets({run(0.88889, 0.77779)}, true, {});
  EXPECT_DOUBLE_EQ(higher.validation, 0.8888);
  EXPECT_DOUBLE_EQ(higher.test, 0.7777);
  EXPECT_DOUBLE_EQ(derive_targets({run(3.00001, 1)}, false, {}).validation, 3.0001);
  // 0.8242 has no exact binary form; it must not become 0.8241.
  for (const double exact : {0.8242, 0.0003, 0.5721}) {
    EXPECT_DOUBLE_EQ(derive_targets({run(exact, 1)}, true, {}).validation, exact);
    EXPECT_DOUBLE_EQ(derive_targets({run(exact, 1)}, false, {}).validation, exact);
  }
}

TEST(DeriveTargets, RefusesAPointThatFailsWithSomeSeed) {
  try {
    derive_targets({run(0.5, 0.5), diverged()}, true, {});
    FAIL() << "a diverged repetition set a target";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("lion / up / study 3 / trial 0: diverged"));
  }
  EXPECT_THROW(derive_targets({}, true, {}), InputError);
}

TEST(DeriveTaskTargets, AreMediansOfTheirOwnRoundedTowardsEasier) {
  std::vector<TargetRun> runs = {run(0, 0), run(0, 0), run(0, 0)};
  runs[0].tasks = {{"click", 0.70001}, {"watch_time", 0.5}};
  runs[1].tasks = {{"click", 0.71}, {"watch_time", 0.60004}};
  runs[2].tasks = {{"click", 0.69}, {"watch_time", 0.7}};
  const std::vector<store::TaskRecord> tasks = {{"click", "auc", true},
                                                {"watch_time", "loss", false}};
  const auto targets = derive_task_targets(runs, tasks);
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_DOUBLE_EQ(targets.at("click"), 0.7);
  EXPECT_DOUBLE_EQ(targets.at("watch_time"), 0.6001);
  EXPECT_TRUE(derive_task_targets(runs, {}).empty());
  runs[1].tasks.erase("click");
  try {
    derive_task_targets(runs, tasks);
    FAIL() << "a target from less than all repetitions";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("validation/click/auc was not measured"));
  }
}

TEST(TargetProtocol, RefusesWhatCannotBeWithItsName) {
  const auto refusal = [](const TargetProtocol& protocol) -> std::string {
    try {
      validate(protocol);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal({}), "");
  EXPECT_THAT(refusal({.points = 0}), HasSubstr("points = 0"));
  EXPECT_THAT(refusal({.seeds = 0}), HasSubstr("seeds = 0"));
  EXPECT_THAT(refusal({.fraction = 1.5}), HasSubstr("fraction = 1.5"));
  EXPECT_THAT(refusal({.budget_factor = 1}), HasSubstr("budget factor = 1"));
  EXPECT_EQ(refusal({.fraction = 0.75, .budget_factor = 4.0 / 3}), "");
}

}  // namespace
}  // namespace timetrial::sweep
