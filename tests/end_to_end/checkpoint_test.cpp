// The time that checkpoints take is recorded, charged beyond an allowance, and bounded.
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace timetrial::end_to_end {
namespace {

/// The tests' rule set, but for a checkpoint after each evaluation, and with a line replaced.
std::filesystem::path rules_with(const Installation& installation, const std::string& line,
                                 const std::string& instead) {
  std::ostringstream text;
  text << std::ifstream(installation.tiny_rules()).rdbuf();
  std::string rules = text.str();
  const std::string period = "checkpoint_period_s = 0.2";
  rules.replace(rules.find(period), period.size(), "checkpoint_period_s = 0.001");
  rules.replace(rules.find(line), line.size(), instead);
  const auto file = installation.folder() / "rules.toml";
  std::ofstream(file) << rules;
  return file;
}

Result run_saving(const Installation& installation, const std::filesystem::path& rules,
                  const std::string& save_s) {
  const auto space = installation.folder() / "space.json";
  std::ofstream(space) << "[{\"save_s\": " << save_s << "}]\n";
  return installation.run({"sweep", "start", "slow", "-s",
                           TIMETRIAL_BINARY_DIR "/tests/submissions/slow_saver.so", "-w",
                           "movielens_dlrm", "--ruleset", rules.string(), "--search-space",
                           space.string(), "--max-steps", "20", "--threads", "1"});
}

double number(const Installation& installation, const std::string& sql) {
  return std::atof(installation.query(sql).c_str());
}

TEST(CheckpointTime, IsRecordedAndChargedBeyondItsAllowance) {
  const Installation installation("slow_checkpoint");
  const auto rules =
      rules_with(installation, "checkpoint_allowance_s = 5", "checkpoint_allowance_s = 0.25");
  const Result result = run_saving(installation, rules, "1");
  EXPECT_EQ(result.code, 0) << result.err;
  ASSERT_GT(number(installation, "SELECT count(*) FROM checkpoint"), 0);
  EXPECT_GE(number(installation, "SELECT min(duration_s) FROM checkpoint"), 1.0);
  // Each puts what it took beyond the allowance on the clock of the evaluation that it follows.
  EXPECT_GE(number(installation,
                   "SELECT min(c.submission_time_s - e.submission_time_s) FROM checkpoint c "
                   "JOIN evaluation e ON e.attempt_id = c.attempt_id AND e.step = c.step"),
            0.75 - 1e-6);
  // The rest is beside it, in the record of the last evaluation.
  EXPECT_GE(number(installation, "SELECT max(checkpoint_time_s) FROM evaluation"),
            number(installation, "SELECT sum(duration_s) FROM checkpoint") - 0.01);
}

TEST(CheckpointTime, WithinItsAllowanceIsFree) {
  const Installation installation("quick_checkpoint");
  const auto rules = rules_with(installation, "hang_s = 8", "hang_s = 9");
  const Result result = run_saving(installation, rules, "0.1");
  EXPECT_EQ(result.code, 0) << result.err;
  ASSERT_GT(number(installation, "SELECT count(*) FROM checkpoint"), 0);
  EXPECT_EQ(number(installation,
                   "SELECT max(c.submission_time_s - e.submission_time_s) FROM checkpoint c "
                   "JOIN evaluation e ON e.attempt_id = c.attempt_id AND e.step = c.step"),
            0);
}

TEST(CheckpointTime, WithoutEndIsHung) {
  const Installation installation("endless_checkpoint");
  const Result result =
      run_saving(installation, rules_with(installation, "hang_s = 8", "hang_s = 3"), "100");
  EXPECT_EQ(result.code, 3) << result.err;
  EXPECT_EQ(installation.query("SELECT kind || ': ' || reason FROM outcome"),
            "hung: saving a checkpoint");
}

}  // namespace
}  // namespace timetrial::end_to_end
