#include "harness/rulesets/rule_set.h"

#include "harness/trial/error.h"
#include "harness/trial/sha256.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <regex>

namespace timetrial::rulesets {
namespace {

using ::testing::HasSubstr;

class RuleSetFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "rulesets.XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// mini-1 with one piece of its text replaced, as a file.
  std::string changed(const std::string& from, const std::string& to) const {
    std::string text = load("mini-1").text;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    if (at != std::string::npos) text.replace(at, from.size(), to);
    const auto file = folder_ / "mine.toml";
    std::ofstream(file) << text;
    return file.string();
  }

  std::filesystem::path folder_;
};

std::string message_of_load(const std::string& name) {
  try {
    load(name);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(RuleSet, EveryCompiledTableLoadsUnderItsFilesName) {
  ASSERT_FALSE(names().empty());
  for (const auto& name : names()) {
    SCOPED_TRACE(name);
    const auto rules = load(name);
    EXPECT_EQ(rules.name, name);
    EXPECT_EQ(rules.hash, sha256_hex(rules.text));
    EXPECT_FALSE(rules.workloads.empty());
  }
}

TEST(RuleSet, CompiledTextIsTheFilesText) {
  for (const auto& name : names()) {
    const auto file = std::string(TIMETRIAL_SOURCE_DIR) + "/harness/rulesets/" + name + ".toml";
    EXPECT_EQ(load(name).hash, sha256_of_file(file));
    EXPECT_EQ(load(file).hash, load(name).hash);
  }
}

TEST(RuleSet, Mini1IsForMinutesAndHasABaselineForEachTarget) {
  const auto rules = load("mini-1");
  EXPECT_EQ(rules.studies, 1);
  EXPECT_EQ(rules.trials, 2);
  EXPECT_EQ(rules.hardware_profile, "cpu-2core");
  for (const auto& workload : rules.workloads) {
    SCOPED_TRACE(workload.workload);
    EXPECT_LE(workload.budget_s, 180);
    EXPECT_GE(workload.budget_s / workload.evaluation_period_s, 10);
    ASSERT_TRUE(workload.baseline.has_value()) << "nobody knows whether its target can be reached";
    EXPECT_GT(workload.baseline->point.at("learning_rate"), 0);
  }
  EXPECT_FALSE(rules.at("gcide_lm").higher_is_better);
}

TEST(RuleSet, Multitask1HasABaselineForEachTarget) {
  const auto rules = load("multitask-1");
  EXPECT_GE(rules.workloads.size(), 5U);
  for (const auto& workload : rules.workloads) {
    SCOPED_TRACE(workload.workload);
    EXPECT_GE(workload.budget_s / workload.evaluation_period_s, 10);
    ASSERT_TRUE(workload.baseline.has_value()) << "nobody knows whether its target can be reached";
    EXPECT_GT(workload.baseline->point.at("learning_rate"), 0);
  }
  EXPECT_FALSE(rules.at("teacher_two_tasks").higher_is_better);
}

/// A line of targets.csv, as `timetrial target set --out` writes it.
const std::regex& target_line() {
  static const std::regex line(
      R"csv(([^,]*),([^,]*),([^,]*),"(.*)",(\d+),\d+,([^,]*),([^,]*),\d+,\d+,[^,]*,([^,]*))csv");
  return line;
}

TEST(RuleSet, Mini1HasTheTargetsOfItsEvidence) {
  std::ifstream file(std::string(TIMETRIAL_SOURCE_DIR) + "/results/mini-1/targets.csv");
  const auto rules = load("mini-1");
  std::string line;
  std::getline(file, line);
  std::size_t count = 0;
  for (; std::getline(file, line); ++count) {
    SCOPED_TRACE(line);
    std::smatch found;
    ASSERT_TRUE(std::regex_match(line, found, target_line()));
    const auto& workload = rules.at(found[1]);
    EXPECT_EQ(workload.metric, found[2]);
    EXPECT_EQ(workload.step_hint, std::stol(found[5]));
    EXPECT_EQ(workload.validation_target, std::stod(found[6]));
    EXPECT_EQ(workload.test_target, std::stod(found[7]));
    EXPECT_EQ(workload.budget_s, std::stod(found[8]));
    ASSERT_TRUE(workload.baseline);
    EXPECT_EQ(workload.baseline->submission, found[3]);
    const auto point = std::regex_replace(found[4].str(), std::regex("\"\""), "\"");
    EXPECT_EQ(nlohmann::json(workload.baseline->point), nlohmann::json::parse(point));
  }
  EXPECT_EQ(count, rules.workloads.size());
}

TEST(RuleSet, Multitask1HasTheTaskTargetsOfItsEvidence) {
  std::ifstream file(std::string(TIMETRIAL_SOURCE_DIR) + "/results/multitask-1/task_targets.csv");
  const std::regex expected("([^,]*),([^,]*),[^,]*,[^,]*,([^,]*)");
  const auto rules = load("multitask-1");
  std::string line;
  std::getline(file, line);
  std::size_t count = 0, known = 0;
  for (; std::getline(file, line); ++count) {
    SCOPED_TRACE(line);
    std::smatch found;
    ASSERT_TRUE(std::regex_match(line, found, expected));
    EXPECT_EQ(rules.at(found[1]).task_targets.at(found[2]), std::stod(found[3]));
  }
  for (const auto& workload : rules.workloads) known += workload.task_targets.size();
  EXPECT_EQ(count, known);
  EXPECT_GE(count, 10U);
}

TEST(RuleSet, AlgoPerfsAreThoseOfItsLeaderboards) {
  const auto v05 = load("algoperf-v0.5"), v06 = load("algoperf-v0.6");
  EXPECT_EQ(v05.workloads.size(), 14U);
  EXPECT_EQ(v06.workloads.size(), 8U);
  EXPECT_EQ(v05.studies, 5);
  EXPECT_EQ(v06.studies, 3);
  EXPECT_EQ(v05.self_tuning_budget_factor, 3);
  EXPECT_EQ(v06.self_tuning_budget_factor, 1.5);
  int variants = 0;
  for (const auto& workload : v05.workloads) {
    SCOPED_TRACE(workload.workload);
    if (workload.base.empty()) {
      EXPECT_EQ(v06.at(workload.workload).validation_target, workload.validation_target);
      continue;
    }
    ++variants;
    const auto& base = v05.at(workload.base);
    EXPECT_EQ(workload.budget_s, base.budget_s);
    EXPECT_EQ(workload.metric, base.metric);
    EXPECT_NE(workload.validation_target, base.validation_target);
  }
  EXPECT_EQ(variants, 6);
  EXPECT_EQ(v05.at("wmt_glu_tanh").base, "wmt");
}

TEST(RuleSet, AlgoPerf2026IsV06OnAnotherMachineWithALanguageModel) {
  const auto v06 = load("algoperf-v0.6"), later = load("algoperf-2026");
  EXPECT_EQ(later.hardware_profile, "algoperf-4xa100");
  EXPECT_EQ(later.studies, v06.studies);
  EXPECT_EQ(later.trials, v06.trials);
  EXPECT_EQ(later.self_tuning_budget_factor, v06.self_tuning_budget_factor);
  ASSERT_EQ(later.workloads.size(), v06.workloads.size() + 1);
  for (const auto& row : v06.workloads) {
    SCOPED_TRACE(row.workload);
    const auto& same = later.at(row.workload);
    EXPECT_EQ(same.validation_target, row.validation_target);
    EXPECT_EQ(same.test_target, row.test_target);
    EXPECT_EQ(same.budget_s, row.budget_s);
    EXPECT_EQ(same.evaluation_period_s, row.evaluation_period_s);
    EXPECT_EQ(same.step_hint, row.step_hint);
    EXPECT_EQ(same.evaluation_batch_size, row.evaluation_batch_size);
    EXPECT_TRUE(same.base.empty());
  }
  const auto& model = later.at("finewebedu_lm");
  EXPECT_EQ(model.metric, "ppl");
  EXPECT_FALSE(model.higher_is_better);
  EXPECT_EQ(model.validation_target, 22.432);
  EXPECT_EQ(model.budget_s, 31967);
  EXPECT_EQ(model.step_hint, 72000);
}

TEST(RuleSet, WithoutATestTargetEveryValueReachesIt) {
  const auto rules = load("algoperf-2026");
  const auto& model = rules.at("finewebedu_lm");
  EXPECT_TRUE(model.reaches(1e300, model.test_target));
  EXPECT_FALSE(model.reaches(1e300, model.validation_target));
}

TEST(RuleSet, UnknownNamesListTheNearest) {
  EXPECT_THAT(message_of_load("mini-2"),
              HasSubstr("unknown rule set 'mini-2'; did you mean mini-1"));
  const auto rules = load("mini-1");
  EXPECT_FALSE(rules.contains("gcide"));
  try {
    rules.at("gcide");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("rule set mini-1: unknown workload 'gcide'; did you mean gcide_lm"));
  }
}

TEST_F(RuleSetFile, BadTablesAreRefusedWithTheirPlace) {
  struct Case {
    const char* from;
    const char* to;
    const char* message;
  };
  const std::vector<Case> cases{
      {"studies = 1\n", "studies = 0\n", "studies = 0 is out of range; use 1 to 1000"},
      {"studies = 1\n", "studies = '1'\n", "'studies' is a text; expected an integer"},
      {"studies = 1\n", "", "'studies' is missing"},
      {"studies = 1\n", "studies = 1\nstudy = 2\n", "unknown key 'study'; did you mean studies"},
      {"hang_s = 60", "hang_s = -1", "hang_s = -1 is out of range"},
      {"hang_s = 60", "hangs = 60", "'hang_s' is missing"},
      {"budget_s = ", "budget_s = inf # ", "budget_s = inf is out of range"},
      {"budget_s = ", "budget_s = 0.1 # ", "evaluation_period_s exceeds budget_s"},
      {"budget_s = ", "budget = 1\nbudget_s = ", "unknown key 'budget'; did you mean budget_s"},
      {"higher_is_better = true", "higher_is_better = 1", "expected true or false"},
      {"\"gcide_lm\"", "\"fashion_mnist_vit\"", "workload 'fashion_mnist_vit' is listed twice"},
      {"name = \"gcide_lm\"", "name = \"gcide_lm\"\nbase = \"gcide\"",
       "base 'gcide' is no scored workload listed above"},
      {"step_hint = ", "step_hint = 0 # ", "step_hint = 0 is out of range"},
      {"baseline = { ", "baseline = { colour = 1, ", "unknown key 'colour'"},
      {"learning_rate = ", "learning_rate = '' # ", "no valid TOML"},
      {"learning_rate = ", "learning_rate = true, x = ", "'learning_rate' is true or false"},
      {"[limits]", "[limit", "no valid TOML"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.message);
    const auto file = changed(test.from, test.to);
    const auto message = message_of_load(file);
    EXPECT_THAT(message, HasSubstr(test.message));
    EXPECT_THAT(message, ::testing::ContainsRegex("mine.toml:[0-9]+:[0-9]+: "));
  }
}

TEST_F(RuleSetFile, AChangedFileHasAnotherHash) {
  const auto rules = load(changed("trials = 2", "trials = 5"));
  EXPECT_EQ(rules.trials, 5);
  EXPECT_NE(rules.hash, load("mini-1").hash);
}

TEST(WorkloadRules, ReachesMeansAtLeastAsGood) {
  WorkloadRules rules;
  EXPECT_TRUE(rules.reaches(0.9, 0.9));
  EXPECT_FALSE(rules.reaches(0.89, 0.9));
  EXPECT_FALSE(rules.reaches(std::nan(""), 0.9));
  rules.higher_is_better = false;
  EXPECT_TRUE(rules.reaches(2.4, 2.4));
  EXPECT_FALSE(rules.reaches(2.41, 2.4));
  EXPECT_FALSE(rules.reaches(std::nan(""), 2.4));
}

TEST(Tuning, IsReadAsItIsWritten) {
  for (const auto tuning : {Tuning::external, Tuning::self}) {
    EXPECT_EQ(parse_tuning(to_string(tuning)), tuning);
  }
  try {
    parse_tuning("both");
    ADD_FAILURE() << "accepted";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "tuning 'both': expected external or self");
  }
}

}  // namespace
}  // namespace timetrial::rulesets
