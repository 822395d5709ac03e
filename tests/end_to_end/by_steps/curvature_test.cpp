// Diagnoses beside evaluations, and the sharpness that they record, by the real binaries.
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

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

std::vector<std::string> tiny_run(const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"--max-steps", "30", "--threads", "1", "--record-losses"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(Diagnosis, LeavesTrainingAsItIsToTheBit) {
  // Dropout is on, so a random number that a diagnosis took would show.
  const std::vector<std::string> run{"-s", "adamw"};
  const Installation plain("diagnosis_none"), diagnosed("diagnosis_all");
  const Result without = plain.run(plain.tiny_sweep("plain", tiny_run(run)));
  ASSERT_EQ(without.code, 0) << without.err;
  auto asked = tiny_run(run);
  asked.insert(asked.end(), {"--diagnose", "sharpness,gradients,activations"});
  const Result with = diagnosed.run(diagnosed.tiny_sweep("diagnosed", asked));
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
