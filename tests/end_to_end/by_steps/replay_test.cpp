// A stored trial rerun by the real binaries, and compared bit for bit.
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>

namespace timetrial::end_to_end {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kOnly = "curious/movielens_dlrm";

std::filesystem::path curious() {
  return std::filesystem::path(TIMETRIAL_BINARY_DIR) / "tests" / "submissions" / "curious.so";
}

/// Rules under which a kill mostly finds evaluations that are newer than the last checkpoint.
std::string rules(const Installation& installation) {
  std::ostringstream text;
  text << std::ifstream(installation.tiny_rules()).rdbuf();
  auto changed = text.str();
  const auto replace = [&](const std::string& from, const std::string& to) {
    changed.replace(changed.find(from), from.size(), to);
  };
  replace("checkpoint_period_s = 0.2", "checkpoint_period_s = 0.5");
  replace("evaluation_period_s = 0.4", "evaluation_period_s = 0.1");
  const auto file = installation.folder() / "rules.toml";
  std::ofstream(file) << changed;
  return file.string();
}

/// A submission that being evaluated changes: the same bits need evaluations at the same steps.
std::vector<std::string> sweep_arguments(const Installation& installation, const std::string& steps,
                                         int trials = 1) {
  const auto space = installation.folder() / "space.json";
  std::ofstream(space) << R"([{"moved_by_evaluation": 1}, {"moved_by_evaluation": 0}])";
  return {"sweep",
          "start",
          "recorded",
          "-s",
          curious(),
          "-w",
          "movielens_dlrm",
          "--ruleset",
          rules(installation),
          "--search-space",
          space,
          "--trials",
          std::to_string(trials),
          "--threads",
          "1",
          "--max-steps",
          steps};
}

nlohmann::json replay(const Installation& installation, int expected_code,
                      std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"replay", kOnly, "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Result result = installation.run(arguments);
  EXPECT_EQ(result.code, expected_code) << result.err;
  auto json = nlohmann::json::parse(result.out, nullptr, false);
  EXPECT_TRUE(json.is_object()) << result.out;
  return json;
}

/// Changes the store behind its back, as no program of ours does.
void tamper(const Installation& installation, const std::string& trigger, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(installation.store().c_str(), &database), SQLITE_OK);
  const auto statements = "DROP TRIGGER " + trigger + "; " + sql;
  EXPECT_EQ(sqlite3_exec(database, statements.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  EXPECT_GT(sqlite3_changes(database), 0);
  sqlite3_close(database);
}

TEST(Replay, IsIdenticalAndFindsEachRowThatWasChanged) {
  const Installation installation("replay");
  ASSERT_EQ(installation.run(sweep_arguments(installation, "150")).code, 0);
  const auto evaluations = installation.query("SELECT count(*) FROM evaluation");

  auto json = replay(installation, 0);
  EXPECT_EQ(json["verdict"], "identical");
  EXPECT_EQ(json["evaluations"].size(), std::stoul(evaluations));
  EXPECT_EQ(json["evaluations"].back()["step"], 150);
  EXPECT_TRUE(json["environment_differences"].empty());
  EXPECT_GT(json["step_time_ms"]["replayed"], 0);
  EXPECT_EQ(installation.query("SELECT count(*) FROM trial"), "1") << "it has a store of its own";
  EXPECT_EQ(installation.query("SELECT count(*) FROM evaluation"), evaluations);

  json = replay(installation, 0, {"--steps", "1"});
  EXPECT_EQ(json["evaluations"].size(), 1U);

  tamper(
      installation, "metric_keep_u",
      "UPDATE metric SET value = value + 0.001 WHERE name = 'validation/auc' AND evaluation_id = "
      "(SELECT max(id) FROM evaluation)");
  json = replay(installation, 4);
  EXPECT_EQ(json["verdict"], "different");
  EXPECT_EQ(json["differs_at"], 150);
  EXPECT_THAT(json["detail"], HasSubstr("the same parameters, other metrics: validation/auc"));

  tamper(installation, "evaluation_keep_u",
         "UPDATE evaluation SET parameter_hash = replace(parameter_hash, substr(parameter_hash, 1, "
         "1), 'z') WHERE step = 1");
  json = replay(installation, 4);
  EXPECT_EQ(json["differs_at"], 1);
  EXPECT_FALSE(json["evaluations"][0]["same_parameters"]);
}

/// How many evaluations the resumed attempt went back behind.
constexpr const char* kUndone =
    "SELECT count(*) FROM evaluation e JOIN attempt a ON a.id = e.attempt_id "
    "WHERE a.number = 0 AND e.step > (SELECT start_step FROM attempt WHERE number = 1)";

TEST(Replay, IsIdenticalAcrossAKillAndAResume) {
  const Installation installation("replay_resumed");
  Background sweep = installation.start(sweep_arguments(installation, "1500"));
  ASSERT_TRUE(installation.eventually(
      "SELECT max(step) > (SELECT max(step) FROM checkpoint) FROM evaluation", "1"));
  kill(find_process(sweep.pid(), "timetrial-referee"), SIGKILL);
  const Result result = sweep.wait();
  ASSERT_EQ(result.code, 0) << result.err;
  ASSERT_EQ(installation.query("SELECT count(*) FROM attempt WHERE start_step > 0"), "1");

  const auto json = replay(installation, 0);
  EXPECT_EQ(json["verdict"], "identical") << json.dump(2);
  EXPECT_EQ(json["evaluations"].back()["step"], 1500);
  EXPECT_EQ(json["left_out"], std::stoi(installation.query(kUndone)));
}

TEST(Replay, IsIdenticalAcrossAStopBetweenEvaluations) {
  const Installation installation("replay_stopped");
  Background sweep = installation.start(sweep_arguments(installation, "1500"));
  ASSERT_TRUE(installation.eventually("SELECT count(*) > 0 FROM checkpoint", "1"));
  kill(sweep.pid(), SIGINT);
  ASSERT_EQ(sweep.wait().code, 130);
  ASSERT_EQ(installation.run({"resume", "--threads", "1"}).code, 0);

  EXPECT_EQ(replay(installation, 0)["verdict"], "identical");
}

TEST(Replay, RefusesWithEveryReasonAndGoesOnWhenTold) {
  const Installation installation("replay_refused");
  const auto library = installation.folder() / "mine.so";
  std::filesystem::copy_file(curious(), library);
  auto arguments = sweep_arguments(installation, "20");
  arguments[4] = library;
  const Result recorded = installation.run(arguments);
  ASSERT_EQ(recorded.code, 0) << recorded.err;
  std::ofstream(library, std::ios::app) << "changed";

  const Result refused = installation.run({"replay", kOnly, "--threads", "2"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("library " + library.string() + ", SHA-256: recorded "));
  EXPECT_THAT(refused.err, HasSubstr("attempt 0: threads: recorded 1, now 2; "));
  EXPECT_THAT(refused.err, HasSubstr("not rerun, since 2 things differ"));
  EXPECT_EQ(refused.out, "");

  const auto json = replay(installation, 0, {"--anyway"});
  EXPECT_EQ(json["verdict"], "identical") << "bytes after a library's end change nothing";
  EXPECT_THAT(json["detail"], HasSubstr("although 1 things of the environment differ"));
  EXPECT_EQ(replay(installation, 0, {"--library", curious().string()})["environment_differences"],
            nlohmann::json::array());
}

TEST(Replay, SaysWhichTrialsAWordCouldMean) {
  const Installation installation("replay_ambiguous");
  ASSERT_EQ(installation.run(sweep_arguments(installation, "2", 2)).code, 0);
  const Result several = installation.run({"replay", kOnly});
  EXPECT_EQ(several.code, 2);
  EXPECT_THAT(several.err, HasSubstr("names 2 trials"));
  const Result none = installation.run({"replay", "lion/movielens_dlrm"});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("no trial 'lion/movielens_dlrm' in the store"));
  const auto id = installation.query("SELECT trial_id FROM v_trials WHERE trial = 1");
  const Result one = installation.run({"replay", id.substr(0, 12)});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_THAT(one.out, HasSubstr("identical: "));
  EXPECT_THAT(one.out, Not(HasSubstr("different")));
}

}  // namespace
}  // namespace timetrial::end_to_end
