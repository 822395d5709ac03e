// timetrial store and timetrial merge, as their users meet them.
#include "tests/harness/cli/command_runner.h"
#include "tests/harness/store/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace timetrial::store {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StoreCommand : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    auto store = create("a.db");
    plan_.add_to(store);
    const auto attempt = store.begin_attempt(attempt_of(plan_.trials[0].id));
    store.add_evaluation(attempt, evaluation_at(0, {{"validation/accuracy", 0.95}}));
    store.finish_trial(plan_.trials[0].id, {OutcomeKind::target_reached, "", 100, 10}, 5);
  }
  cli::CommandResult run(const std::string& arguments) const { return runner_.run(arguments); }
  std::string path(const std::string& name) const { return file(name).string(); }

  const Plan plan_ = make_plan(1, 2);
  cli::CommandRunner runner_;
};

TEST_F(StoreCommand, CheckSaysWhetherItIsSound) {
  const auto sound = run("store check --store " + path("a.db"));
  EXPECT_EQ(sound.code, 0) << sound.err;
  EXPECT_EQ(sound.out, path("a.db") + ": sound\n");
  const auto json = nlohmann::json::parse(run("store check --json --store " + path("a.db")).out);
  EXPECT_EQ(json["sound"], true);

  const auto absent = run("store check --store " + path("absent.db"));
  EXPECT_EQ(absent.code, 2);
  EXPECT_THAT(absent.out, IsEmpty());
  EXPECT_THAT(absent.err, HasSubstr("absent.db: no store here; run a sweep first"));
}

TEST_F(StoreCommand, QueryPrintsATableOrJson) {
  const std::string sql =
      " --sql \"SELECT workload, trial, time_to_target_s FROM v_time_to_target "
      "ORDER BY workload DESC, trial\"";
  const auto table = run("store query --store " + path("a.db") + sql);
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_EQ(table.out,
            "workload  trial  time_to_target_s\n"
            "up        0      10.0\n"
            "up        1      -\n"
            "down      0      -\n"
            "down      1      -\n");
  const auto json =
      nlohmann::json::parse(run("store query --json --store " + path("a.db") + sql).out);
  EXPECT_EQ(json.size(), 4U);
  EXPECT_EQ(json[0],
            (nlohmann::json{{"workload", "up"}, {"trial", 0}, {"time_to_target_s", 10.0}}));
  EXPECT_TRUE(json[1]["time_to_target_s"].is_null());

  const auto empty = run("store query --store " + path("a.db") + " --sql \"SELECT 1 WHERE 0\"");
  EXPECT_EQ(empty.out, "");
  EXPECT_EQ(empty.err, "no rows\n");
  const auto writing = run("store query --store " + path("a.db") + " --sql \"DELETE FROM sweep\"");
  EXPECT_EQ(writing.code, 2);
  EXPECT_THAT(writing.err, HasSubstr("query: only reading is allowed; use SELECT"));
}

TEST_F(StoreCommand, BackupCopiesAndNeverOverwrites) {
  const auto command = "store backup --store " + path("a.db") + " " + path("copy.db");
  EXPECT_EQ(run(command).code, 0);
  EXPECT_EQ(Store::open(file("copy.db"), Store::Mode::read_only).content_hash(),
            Store::open(file("a.db"), Store::Mode::read_only).content_hash());
  EXPECT_EQ(run(command).code, 2);
}

TEST_F(StoreCommand, MergeReportsWhatItAddedAndChangesNothingOnATypingError) {
  const auto wrong = run("merge " + path("all.db") + " " + path("a.db") + " " + path("typo.db"));
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("typo.db: no store here"));
  EXPECT_FALSE(std::filesystem::exists(file("all.db")));

  const auto merged = run("merge " + path("all.db") + " " + path("a.db"));
  EXPECT_EQ(merged.code, 0) << merged.err;
  EXPECT_EQ(merged.out, path("a.db") + ": added 4 trials, 1 attempts, 1 evaluations, 1 outcomes\n");
  const auto json =
      nlohmann::json::parse(run("merge --json " + path("all.db") + " " + path("a.db")).out);
  EXPECT_EQ(json["shards"][0]["added"]["trials"], 0);
  EXPECT_EQ(json["content_hash"], Store::open(file("a.db"), Store::Mode::read_only).content_hash());
}

TEST_F(StoreCommand, QuarantineIsAddedListedAndLifted) {
  const auto id = Store::open(file("a.db"), Store::Mode::read_only).trials(1).at(0).trial.id;
  const auto quarantine = [&](const std::string& arguments) {
    return run("quarantine " + arguments + " --store " + path("a.db"));
  };
  EXPECT_EQ(quarantine("list").err, "no trial is quarantined, and none was\n");
  const auto added = quarantine("add " + id.substr(0, 10) + " --reason 'a compiler ran'");
  EXPECT_EQ(added.code, 0) << added.err;
  EXPECT_EQ(added.out, id.substr(0, 12) + ": quarantined\n");
  EXPECT_THAT(quarantine("list").out, HasSubstr("quarantined"));
  EXPECT_THAT(quarantine("list").out, HasSubstr(": a compiler ran\n"));
  const auto json = nlohmann::json::parse(quarantine("list --json").out);
  EXPECT_EQ(json[0]["trial_id"], id);
  EXPECT_EQ(json[0]["quarantined"], true);

  EXPECT_EQ(quarantine("lift " + id + " --reason 'it did not'").code, 0);
  EXPECT_THAT(quarantine("list").out, HasSubstr("lifted"));
  EXPECT_EQ(run("store query --store " + path("a.db") +
                " --csv --sql 'SELECT action, reason FROM quarantine ORDER BY recorded_ns'")
                .out,
            "action,reason\nadd,a compiler ran\nlift,it did not\n");

  for (const auto& [arguments, says] : std::vector<std::pair<std::string, std::string>>{
           {"lift " + id + " --reason again", "is not quarantined"},
           {"add " + id + " --reason ''", "--reason: say why"},
           {"add " + id, "--reason is required"},
           {"add zz --reason x", "'zz' is no trial's id"}}) {
    SCOPED_TRACE(arguments);
    const auto refused = quarantine(arguments);
    EXPECT_EQ(refused.code, 2);
    EXPECT_THAT(refused.err, HasSubstr(says));
  }
}

}  // namespace
}  // namespace timetrial::store
