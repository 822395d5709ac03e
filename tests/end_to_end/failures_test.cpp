// A submission that goes wrong costs its trial, recorded with its reason, and nothing else.
#include "harness/sandbox/file_access.h"
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>

namespace timetrial::end_to_end {
namespace {

using testing::HasSubstr;

struct Case {
  int behaviour;
  const char* outcome;
  const char* reason;
};

constexpr Case kCases[] = {
    {1, "crashed", "update: this went wrong on purpose"},
    {2, "crashed", "was killed by signal 11"},
    {3, "hung", "no step was completed for 8 s"},
    {4, "diverged", "non-finite"},
    {5, "out_of_memory_host", ""},
    {6, "crashed", "init: behaviour = 6 is out of range"},
    {7, "crashed", "exited with code 0"},
    {8, "completed", "step limit"},
    {9, "completed", "the submission ended training"},
    {10, "crashed", "killed in 3 attempts"},
};

/// A sweep of the good behaviour and these; its exit code.
int run_behaviours(const Installation& installation, const std::vector<int>& behaviours) {
  const auto space = installation.folder() / "space.json";
  {
    std::ofstream out(space);
    out << "[{\"behaviour\": 0}";
    for (const int behaviour : behaviours) out << ", {\"behaviour\": " << behaviour << "}";
    out << "]\n";
  }
  const Result result = installation.run(
      {"sweep", "start", "failures", "-s", installation.misbehaving().string(), "-w",
       "movielens_dlrm", "--ruleset", installation.tiny_rules().string(), "--search-space",
       space.string(), "--trials", std::to_string(behaviours.size() + 1), "--max-steps", "40"});
  if (result.code != 0) std::cerr << result.err;
  return result.code;
}

/// A column of the outcome of the trial that behaved so.
std::string outcome(const Installation& installation, const char* column, int behaviour) {
  return installation.query(std::string("SELECT ") + column +
                            " FROM outcome JOIN trial ON trial.id = outcome.trial_id"
                            " WHERE json_extract(trial.point_json, '$.behaviour') = " +
                            std::to_string(behaviour));
}

TEST(Walls, KeepTheNetworkFromASubmission) {
  const Installation installation("network");
  EXPECT_EQ(run_behaviours(installation, {11}), 0);
  EXPECT_EQ(outcome(installation, "kind", 11), "completed");
}

TEST(Walls, KeepFilesAndProgramsFromASubmission) {
  if (sandbox::landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  const Installation installation("files");
  ASSERT_TRUE(std::filesystem::exists(HELD_BACK_DATA)) << "or there is nothing to read";
  std::filesystem::remove(WRITTEN_AT_LOAD);
  EXPECT_EQ(run_behaviours(installation, {12, 13, 15}), 0);
  EXPECT_FALSE(std::filesystem::exists(WRITTEN_AT_LOAD));
  for (const int behaviour : {12, 13, 15}) {
    EXPECT_EQ(outcome(installation, "kind", behaviour), "completed")
        << outcome(installation, "reason", behaviour);
  }
}

TEST(Walls, KeepSignalsOfASubmissionInside) {
  if (sandbox::landlock_version() < 6) GTEST_SKIP() << "this kernel's Landlock lacks signals";
  const Installation installation("signals");
  EXPECT_EQ(run_behaviours(installation, {14}), 0);
  EXPECT_EQ(outcome(installation, "kind", 14), "completed");
}

TEST(Failures, AreRecordedEachAsItIsWhileTheSweepGoesOn) {
  const Installation installation("failures");
  std::vector<int> behaviours;
  for (const auto& c : kCases) behaviours.push_back(c.behaviour);
  EXPECT_EQ(run_behaviours(installation, behaviours), 3);
  EXPECT_EQ(outcome(installation, "kind", 0), "completed");
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.behaviour);
    EXPECT_EQ(outcome(installation, "kind", c.behaviour), c.outcome);
    EXPECT_THAT(outcome(installation, "reason", c.behaviour), HasSubstr(c.reason));
  }
  EXPECT_EQ(installation.query("SELECT count(*) FROM trial"),
            installation.query("SELECT count(*) FROM outcome"));
  // The child that went on computing was stopped with its parent.
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt_end WHERE frozen_cpu_s > 0.01"), "0");
}

}  // namespace
}  // namespace timetrial::end_to_end
