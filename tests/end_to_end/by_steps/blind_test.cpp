// A submission that goes by names or order is found out, by the real binaries; an honest one is
// not.
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace timetrial::end_to_end {
namespace {

using testing::HasSubstr;

std::filesystem::path curious() {
  return std::filesystem::path(TIMETRIAL_BINARY_DIR) / "tests" / "submissions" / "curious.so";
}

/// The finding on a submission that looks where `looks_at` says.
nlohmann::json blind(const Installation& installation, int looks_at, int expected_code) {
  const auto space = installation.folder() / ("looks_at_" + std::to_string(looks_at) + ".json");
  std::ofstream(space) << R"([{"looks_at": )" << looks_at << "}]";
  const Result result =
      installation.run({"blind", curious(), "-w", "movielens_dlrm", "--ruleset",
                        installation.tiny_rules(), "--search-space", space, "--studies", "4",
                        "--max-steps", "80", "--evaluations", "3", "--json"});
  EXPECT_EQ(result.code, expected_code) << result.err;
  const auto json = nlohmann::json::parse(result.out, nullptr, false);
  EXPECT_TRUE(json.is_object()) << result.out;
  return json.is_object() ? json["findings"][0] : nlohmann::json();
}

TEST(Blind, LetsAnHonestSubmissionPassWithTheSameBits) {
  const Installation installation("blind_honest");
  const auto finding = blind(installation, 0, 0);
  EXPECT_EQ(finding["verdict"], "no change beyond noise");
  EXPECT_EQ(finding["pairs"], 4);
  EXPECT_EQ(finding["same_bits"], 4) << "it updates each parameter by itself";
}

TEST(Blind, FlagsThoseThatGoByNamesOrOrder) {
  const Installation installation("blind_curious");
  for (const int looks_at : {1, 2, 3}) {
    SCOPED_TRACE(looks_at);
    const auto finding = blind(installation, looks_at, 4);
    EXPECT_EQ(finding["verdict"], "changes") << finding.dump(2);
    EXPECT_EQ(finding["same_bits"], 0);
  }
}

TEST(Blind, FlagsOneThatFailsWithoutANameItKnows) {
  const Installation installation("blind_fails");
  const auto finding = blind(installation, 4, 4);
  EXPECT_EQ(finding["verdict"], "changes");
  EXPECT_EQ(finding["ended_differently"].size(), 4U);
  EXPECT_THAT(finding["ended_differently"][0].get<std::string>(),
              HasSubstr("it knows movielens alone"));
}

TEST(Blind, TrialsOfASweepAreOthersThanThoseThatSee) {
  const Installation installation("blind_sweep");
  const std::vector<std::string> plain{
      "run", "lion", "movielens_dlrm", "--ruleset", installation.tiny_rules(), "--max-steps", "8"};
  auto hidden = plain;
  hidden.emplace_back("--blind");
  ASSERT_EQ(installation.run(plain).code, 0);
  for (int repetition = 0; repetition < 2; ++repetition) {
    ASSERT_EQ(installation.run(hidden).code, 0);
  }
  EXPECT_EQ(installation.query("SELECT count(*) FROM trial"), "2");
  EXPECT_EQ(installation.query("SELECT count(DISTINCT rule_set_hash) FROM sweep"), "2");
  EXPECT_EQ(installation.query("SELECT rule_set FROM sweep ORDER BY id DESC LIMIT 1"),
            "tiny, blind");
  EXPECT_EQ(
      installation.query("SELECT count(DISTINCT parameter_hash) FROM evaluation WHERE step = 8"),
      "1")
      << "Lion updates each element by itself: names and order change nothing";
  const Result replayed =
      installation.run({"replay", "lion/movielens_dlrm", "--sweep",
                        installation.query("SELECT name FROM sweep ORDER BY id DESC LIMIT 1")});
  EXPECT_EQ(replayed.code, 0) << replayed.err;
  EXPECT_THAT(replayed.out, HasSubstr("identical"));
}

}  // namespace
}  // namespace timetrial::end_to_end
