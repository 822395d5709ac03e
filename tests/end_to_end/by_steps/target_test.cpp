// Setting a target through the real binaries.
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace timetrial::end_to_end {
namespace {

using testing::HasSubstr;

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(TargetSet, TunesRepeatsAndWritesItsEvidenceOnce) {
  const Installation installation("target_set");
  // 40 steps of the rule set's 1,500.
  const std::vector<std::string> arguments = {"target",
                                              "set",
                                              "--ruleset",
                                              installation.tiny_rules().string(),
                                              "-s",
                                              "adamw",
                                              "-s",
                                              "nesterov",
                                              "--points",
                                              "2",
                                              "--seeds",
                                              "3",
                                              "--fraction",
                                              "0.0267",
                                              "--budget-factor",
                                              "40",
                                              "--out",
                                              (installation.folder() / "evidence").string()};
  const Result first = installation.run(arguments);
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("name = \"movielens_dlrm\"\nvalidation_target = 0."));
  EXPECT_EQ(installation.query("SELECT count(*) FROM outcome WHERE kind = 'completed'"), "7");
  EXPECT_EQ(installation.query("SELECT count(DISTINCT submission) FROM v_trials"), "2");
  // The repetitions have seeds of their own, and all the same point: the best one's.
  EXPECT_EQ(installation.query("SELECT count(DISTINCT point_json) FROM v_trials WHERE sweep LIKE "
                               "'%seeds'"),
            "1");
  EXPECT_EQ(lines_of(installation.folder() / "evidence/tuning.csv").size(), 1U + 4);
  EXPECT_EQ(lines_of(installation.folder() / "evidence/seeds.csv").size(), 1U + 3);
  const auto targets = lines_of(installation.folder() / "evidence/targets.csv");
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_THAT(targets[1], HasSubstr(",1500,40,0."));

  const Result second = installation.run(arguments);
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_EQ(second.out, first.out);
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt"), "7");
}

TEST(TargetSet, ProposesTargetsOfSingleTasksWhichReportsShow) {
  const Installation installation("target_set_tasks");
  ASSERT_EQ(installation.run({"data", "prepare", "teacher_two_tasks"}).code, 0);
  const auto evidence = installation.folder() / "evidence";
  // 30 steps.
  const Result set = installation.run({"target",
                                       "set",
                                       "--ruleset",
                                       "multitask-1",
                                       "-w",
                                       "teacher_two_tasks",
                                       "-s",
                                       "adamw",
                                       "--points",
                                       "1",
                                       "--seeds",
                                       "1",
                                       "--fraction",
                                       "0.01",
                                       "--budget-factor",
                                       "100",
                                       "--threads",
                                       "1",
                                       "--out",
                                       evidence.string()});
  ASSERT_EQ(set.code, 0) << set.err;
  EXPECT_THAT(set.out, HasSubstr("\ntask_targets = { a = "));
  const auto tasks = lines_of(evidence / "task_targets.csv");
  ASSERT_EQ(tasks.size(), 1U + 2);
  EXPECT_THAT(tasks[2], HasSubstr("teacher_two_tasks,b,loss,"));

  const Result sweep = installation.run({"sweep", "start", "tasks", "--ruleset", "multitask-1",
                                         "-w", "teacher_two_tasks", "-s", "adamw", "--studies", "1",
                                         "--trials", "1", "--max-steps", "30", "--threads", "1"});
  ASSERT_EQ(sweep.code, 0) << sweep.err;
  const auto out = installation.folder() / "tradeoff.md";
  const Result report =
      installation.run({"report", "--tradeoff", "--sweep", "tasks", "--out", out.string()});
  ASSERT_EQ(report.code, 0) << report.err;
  std::string text;
  for (const auto& line : lines_of(out)) text += line + "\n";
  EXPECT_THAT(text, HasSubstr("Trials that meet a task's own target at their end."));
  EXPECT_THAT(text, testing::ContainsRegex("\\| adamw \\| b \\| 0\\.[0-9]+ \\| 0 of 1 \\|"));
}

TEST(TargetSet, RefusesAWorkloadThatTheRuleSetLacks) {
  const Installation installation("target_set_unknown");
  const Result result = installation.run(
      {"target", "set", "-w", "movielens", "--ruleset", installation.tiny_rules().string()});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("movielens_dlrm"));
}

}  // namespace
}  // namespace timetrial::end_to_end
