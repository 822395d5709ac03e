// A submission that goes wrong costs its trial, recorded with its reason, and nothing else.
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

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

TEST(Failures, AreRecordedEachAsItIsWhileTheSweepGoesOn) {
  const Installation installation("failures");
  const auto space = installation.folder() / "space.json";
  {
    std::ofstream out(space);
    out << "[{\"behaviour\": 0}";
    for (const auto& c : kCases) out << ", {\"behaviour\": " << c.behaviour << "}";
    out << "]\n";
  }
  const Result result = installation.run(
      {"sweep", "start", "failures", "-s", installation.misbehaving().string(), "-w",
       "movielens_dlrm", "--ruleset", installation.tiny_rules().string(), "--search-space",
       space.string(), "--trials", std::to_string(std::size(kCases) + 1), "--max-steps", "40"});
  EXPECT_EQ(result.code, 3) << result.err;

  const std::string from =
      " FROM outcome JOIN trial ON trial.id = outcome.trial_id"
      " WHERE json_extract(trial.point_json, '$.behaviour') = ";
  EXPECT_EQ(installation.query("SELECT kind" + from + "0"), "completed");
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.behaviour);
    const std::string which = std::to_string(c.behaviour);
    EXPECT_EQ(installation.query("SELECT kind" + from + which), c.outcome);
    EXPECT_THAT(installation.query("SELECT reason" + from + which), HasSubstr(c.reason));
  }
  EXPECT_EQ(installation.query("SELECT count(*) FROM trial"),
            installation.query("SELECT count(*) FROM outcome"));
  // The child that went on computing was stopped with its parent.
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt_end WHERE frozen_cpu_s > 0.01"), "0");
}

}  // namespace
}  // namespace timetrial::end_to_end
