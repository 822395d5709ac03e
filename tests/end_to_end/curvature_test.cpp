// Diagnoses beside evaluations, and the sharpness that they record, by the real binaries.
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace timetrial::end_to_end {
namespace {

using testing::HasSubstr;

/// What training left: parameters and metrics at the two evaluations that every run has (between
/// them time decides), and the losses of all steps.
std::string trace(const Installation& installation) {
  return installation.query(
             "SELECT group_concat(step || ' ' || parameter_hash, ', ') FROM evaluation WHERE step "
             "IN (1, 30)") +
         installation.query(
             "SELECT group_concat(name || '=' || value, ', ') FROM (SELECT m.* FROM metric m JOIN "
             "evaluation e ON e.id = m.evaluation_id WHERE e.step = 30 ORDER BY name)") +
         installation.query(
             "SELECT group_concat(hex(losses), '') FROM (SELECT * FROM training_loss ORDER BY "
             "first_step)");
}

/// With dropout, whose random numbers a diagnosis must not change.
std::vector<std::string> tiny_run(const Installation& installation,
                                  const std::vector<std::string>& more) {
  const auto space = installation.folder() / "space.json";
  std::ofstream(space) << R"([{"learning_rate": 0.002, "dropout_rate": 0.1}])";
  std::vector<std::string> arguments{"-s",        "adamw",       "--search-space",
                                     space,       "--max-steps", "30",
                                     "--threads", "1",           "--record-losses"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(Diagnosis, LeavesTrainingAsItIsToTheBit) {
  const Installation plain("diagnosis_none"), diagnosed("diagnosis_all");
  const Result without = plain.run(plain.tiny_sweep("plain", tiny_run(plain, {})));
  ASSERT_EQ(without.code, 0) << without.err;
  const Result with = diagnosed.run(diagnosed.tiny_sweep(
      "diagnosed", tiny_run(diagnosed, {"--diagnose", "sharpness,gradients,activations"})));
  ASSERT_EQ(with.code, 0) << with.err;
  EXPECT_GT(trace(plain).size(), 200U);
  EXPECT_EQ(trace(diagnosed), trace(plain));

  const auto count = [&](const std::string& names) {
    return std::stoi(diagnosed.query("SELECT count(*) FROM recorded WHERE name LIKE 'diagnose/" +
                                     names + "' AND status = 'finite'"));
  };
  const int evaluations = std::stoi(diagnosed.query("SELECT count(*) FROM evaluation"));
  EXPECT_EQ(count("raw_sharpness"), evaluations);
  EXPECT_EQ(count("preconditioned_sharpness"), evaluations);
  EXPECT_EQ(count("gradient_rms"), evaluations);
  EXPECT_GT(count("%.weight.update_rms"), evaluations);
  EXPECT_NE(plain.query("SELECT rule_set FROM sweep"),
            diagnosed.query("SELECT rule_set FROM sweep"));
  EXPECT_EQ(plain.query("SELECT count(*) FROM recorded WHERE name LIKE 'diagnose/%'"), "0");

  const Result table = diagnosed.run({"sharpness", "adamw/movielens_dlrm", "--json", "--plot",
                                      diagnosed.folder() / "sharpness.svg"});
  ASSERT_EQ(table.code, 0) << table.err;
  const auto json = nlohmann::json::parse(table.out);
  EXPECT_EQ(json["measurements"].size(), static_cast<std::size_t>(evaluations));
  EXPECT_GT(json["measurements"].back()["threshold"].get<double>(), 0);
  EXPECT_TRUE(std::filesystem::exists(diagnosed.folder() / "sharpness.svg"));
  const Result refused = plain.run({"sharpness", "adamw/movielens_dlrm"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("recorded no sharpness; record it: timetrial run adamw "
                                     "movielens_dlrm --diagnose sharpness"));
}

/// The rules for tests, with less patience.
std::filesystem::path impatient_rules(const Installation& installation) {
  std::ostringstream text;
  text << std::ifstream(installation.tiny_rules()).rdbuf();
  std::string rules = text.str();
  const std::string patience = "hang_s = 8";
  rules.replace(rules.find(patience), patience.size(), "hang_s = 3");
  const auto file = installation.folder() / "impatient.toml";
  std::ofstream(file) << rules;
  return file;
}

TEST(Diagnosis, EndsATrialWhosePreconditionerHangsOrThrowsAndTakesNothingFromItsClock) {
  const Installation installation("diagnosis_fails");
  const auto space = installation.folder() / "space.json";
  std::ofstream(space) << R"([{"fails": 1}, {"fails": 2}, {"fails": 3}, {"fails": 4}])";
  const auto library =
      std::filesystem::path(TIMETRIAL_BINARY_DIR) / "tests/submissions/bad_preconditioner.so";
  const Result result = installation.run({"sweep",
                                          "start",
                                          "bad",
                                          "-s",
                                          library,
                                          "-w",
                                          "movielens_dlrm",
                                          "--ruleset",
                                          impatient_rules(installation),
                                          "--search-space",
                                          space,
                                          "--trials",
                                          "4",
                                          "--max-steps",
                                          "5",
                                          "--threads",
                                          "1",
                                          "--jobs",
                                          "2",
                                          "--diagnose",
                                          "sharpness"});
  EXPECT_EQ(result.code, 3) << result.err;
  struct Case {
    const char *fails, *outcome, *reason;
  };
  for (const Case& expected : {
           Case{"1", "hung", "the diagnosis took longer than 3 s"},
           {"2", "crashed", "diagnose: no preconditioner today"},
           {"3", "crashed", "diagnose: no root today"},
           {"4", "crashed", "diagnose: inverse_root gives"},
       }) {
    SCOPED_TRACE(expected.fails);
    const std::string trial =
        std::string(" FROM v_trials WHERE json_extract(point_json, '$.fails') = ") + expected.fails;
    EXPECT_EQ(installation.query("SELECT status" + trial), expected.outcome);
    EXPECT_THAT(installation.query("SELECT reason" + trial), HasSubstr(expected.reason));
    // The snapshot stopped the clock, and nothing after it counts.
    EXPECT_EQ(installation.query("SELECT final_time_s = (SELECT max(submission_time_s) FROM "
                                 "v_evaluations e WHERE e.trial_id = v_trials.trial_id)" +
                                 trial),
              "1");
  }
  EXPECT_EQ(installation.query("SELECT count(*) FROM v_evaluations WHERE evaluation_time_s >= 3"),
            "1");
}

TEST(Diagnosis, RefusesAKindThatIsNotThere) {
  const Installation installation("diagnosis_unknown");
  const Result result =
      installation.run(installation.tiny_sweep("bad", {"-s", "adamw", "--diagnose", "sharpnes"}));
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("unknown diagnosis 'sharpnes'"));
  EXPECT_THAT(result.err, HasSubstr("sharpness"));
}

}  // namespace
}  // namespace timetrial::end_to_end
