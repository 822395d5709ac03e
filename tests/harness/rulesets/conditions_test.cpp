#include "harness/rulesets/conditions.h"

#include "harness/rulesets/rule_set.h"
#include "harness/trial/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace timetrial::rulesets {
namespace {

using ::testing::HasSubstr;

TEST(Conditions, ReadBackFromTheRuleSetsTextAndGiveItAnotherHash) {
  const auto plain = load("mini-1");
  EXPECT_FALSE(plain.conditions.scheduled());
  Conditions conditions;
  conditions.blind = true;
  conditions.deterministic = true;
  conditions.evaluators = {"calibration", "linear_probe"};
  conditions.diagnose = {.sharpness = true, .activations = true};
  conditions.evaluate_examples = 200;
  conditions.evaluate_at = {1, 200, 450};
  conditions.pause_at = {300};
  conditions.told_times_s = {0.1, 9.000000000000002, 1e-7};
  const auto rules = with_conditions(plain, conditions);
  EXPECT_NE(rules.hash, plain.hash);
  const auto back = parse(rules.text, "stored").conditions;
  EXPECT_TRUE(back.blind);
  EXPECT_TRUE(back.deterministic);
  EXPECT_EQ(back.evaluators, conditions.evaluators);
  EXPECT_EQ(back.diagnose, conditions.diagnose);
  EXPECT_EQ(back.evaluate_examples, 200);
  EXPECT_EQ(back.evaluate_at, conditions.evaluate_at);
  EXPECT_EQ(back.pause_at, conditions.pause_at);
  EXPECT_EQ(back.told_times_s, conditions.told_times_s);
  EXPECT_EQ(
      title(rules),
      "mini-1, blind, deterministic, looked at in the end, diagnosed, evaluated on 200 examples, "
      "evaluated at steps");
}

TEST(Conditions, ReplaceEarlierOnes) {
  Conditions blind, scheduled;
  blind.blind = true;
  scheduled.evaluate_at = {5};
  const auto rules = with_conditions(with_conditions(load("mini-1"), blind), scheduled);
  EXPECT_FALSE(rules.conditions.blind);
  EXPECT_EQ(rules.text, with_conditions(load("mini-1"), scheduled).text);
}

TEST(Conditions, HoldTrainingAtBothKindsOfStepsOnce) {
  Conditions conditions;
  conditions.evaluate_at = {1, 200, 450};
  conditions.pause_at = {200, 300};
  EXPECT_EQ(conditions.snapshot_steps(), (std::vector<std::int64_t>{1, 200, 300, 450}));
  EXPECT_TRUE(conditions.evaluates(200));
  EXPECT_FALSE(conditions.evaluates(300));
}

TEST(Conditions, HoldTrainingAStepLaterThatShouldHaveEndedByItself) {
  Conditions conditions;
  conditions.evaluate_at = {1, 450, 450};
  EXPECT_TRUE(conditions.ends_by_itself());
  EXPECT_EQ(conditions.snapshot_steps(), (std::vector<std::int64_t>{1, 450, 451}));
}

TEST(Conditions, RefuseWhatCouldNotBeRun) {
  struct Case {
    const char *line, *message;
  };
  const auto text = load("mini-1").text;
  for (const auto& [line, message] :
       {Case{"conditions = { blnd = true }", "mine.toml:1:16: unknown key 'blnd'"},
        Case{"conditions = { evaluate_at = [3, 2] }", "must list steps in rising order"},
        Case{"conditions = { evaluate_examples = 0 }", "evaluate_examples"},
        Case{"conditions = { evaluate_examples = 200 }", "decide a score"},
        Case{"conditions = { evaluate_at = [-1] }", "evaluate_at has -1"},
        Case{"conditions = { evaluate_at = [1.5] }", "expected a list of integers"},
        Case{"conditions = { diagnose = [] }", "diagnose names nothing"},
        Case{"conditions = { diagnose = [\"sharp\"] }", "unknown diagnosis 'sharp'"},
        Case{"conditions = { pause_at = [4] }", "pause_at without evaluate_at"},
        Case{"conditions = { evaluate_at = [1, 2], told_times_s = [0.5] }", "a time for each step"},
        Case{"conditions = { evaluate_at = [1], told_times_s = [inf] }", "told_times_s has inf"}}) {
    SCOPED_TRACE(line);
    try {
      parse(std::string(line) + "\n" + text, "mine.toml");
      ADD_FAILURE() << "accepted";
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  }
}

}  // namespace
}  // namespace timetrial::rulesets
