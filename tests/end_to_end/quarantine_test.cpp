// A trial beside which other programs run, through the real binaries: kept, and not scored.
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace timetrial::end_to_end {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Processor time that is not the trial's, for as long as this lives.
class BusyNeighbour {
 public:
  BusyNeighbour() {
    for (auto& thread : threads_) {
      thread = std::thread([this] {
        while (!done_) {
        }
      });
    }
  }
  ~BusyNeighbour() {
    done_ = true;
    for (auto& thread : threads_) thread.join();
  }
  BusyNeighbour(const BusyNeighbour&) = delete;
  BusyNeighbour& operator=(const BusyNeighbour&) = delete;

 private:
  std::atomic<bool> done_ = false;
  std::thread threads_[2];
};

class Quarantine : public testing::Test {
 protected:
  void SetUp() override {
    const auto shown = installation_.run({"hardware", "show", "--json"});
    ASSERT_EQ(shown.code, 0) << shown.err;
    gpus_ = nlohmann::json::parse(shown.out).at("gpus").size();
    ::setenv("TIMETRIAL_HARDWARE_PROFILE", (installation_.folder() / "mine.toml").c_str(), 1);
  }
  void TearDown() override { ::unsetenv("TIMETRIAL_HARDWARE_PROFILE"); }

  /// A profile that any machine is of, with limits: of load by others, of everything else none.
  void limit_others_to(const std::string& fraction) const {
    std::ofstream(installation_.folder() / "mine.toml")
        << "name = 'mine'\ndescription = ''\ncpus_min = 0.1\ncpus_max = 9999\n"
           "memory_mb_min = 0\nmemory_mb_max = 999999999\ngpus = "
        << gpus_ << (gpus_ > 0 ? "\ngpu_name = '*'" : "")
        << "\n[noise]\nothers_fraction_max = " << fraction
        << "\nsteal_fraction_max = 1\nthrottled_fraction_max = 1\njudged_from_s = 0\n";
  }
  /// Two seconds of training, with `more` arguments, beside a busy neighbour.
  Result train(const std::vector<std::string>& more = {}) const {
    std::stringstream text;
    text << std::ifstream(installation_.tiny_rules()).rdbuf();
    std::string rules = text.str();
    const std::string budget = "budget_s = 120";
    rules.replace(rules.find(budget), budget.size(), "budget_s = 2");
    const auto file = installation_.folder() / "rules.toml";
    std::ofstream(file) << rules;
    std::vector<std::string> arguments{"sweep",      "start", "busy",           "-s",
                                       "adamw",      "-w",    "movielens_dlrm", "--ruleset",
                                       file.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const BusyNeighbour neighbour;
    return installation_.run(arguments);
  }

  std::size_t gpus_ = 0;
  const Installation installation_{"quarantine"};
};

TEST_F(Quarantine, ANoisyTrialIsKeptAndNotScored) {
  limit_others_to("0.01");
  const auto trained = train();
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("1 trial of this sweep is quarantined"));
  EXPECT_EQ(installation_.query("SELECT kind FROM outcome"), "budget_spent");
  EXPECT_NE(installation_.query("SELECT count(*) FROM evaluation"), "0");
  EXPECT_THAT(installation_.query("SELECT reason FROM v_quarantine WHERE quarantined"),
              HasSubstr("processor time of other processes:"));
  EXPECT_GT(std::stod(installation_.query(
                "SELECT json_extract(noise_json, '$.others_fraction') FROM attempt_end")),
            0.01);
  EXPECT_NE(installation_.query(
                "SELECT json_extract(noise_json, '$.involuntary_switches') FROM attempt_end"),
            "");
  EXPECT_EQ(installation_.query("SELECT json_extract(host_json, '$.machine_class') FROM attempt"),
            "mine");
  EXPECT_THAT(installation_.run({"score"}).out, HasSubstr("1 quarantined trial not counted"));
  EXPECT_THAT(installation_.run({"score", "--include-quarantined"}).out,
              HasSubstr("1 quarantined trial counted"));
}

TEST_F(Quarantine, WithinTheLimitsATrialCounts) {
  limit_others_to("1");
  ASSERT_EQ(train().code, 0);
  EXPECT_EQ(installation_.query("SELECT count(*) FROM outcome"), "1");
  EXPECT_EQ(installation_.query("SELECT count(*) FROM quarantine"), "0");
}

TEST_F(Quarantine, UnderAStepLimitNoTimeIsJudged) {
  limit_others_to("0");
  ASSERT_EQ(train({"--max-steps", "5"}).code, 0);
  EXPECT_EQ(installation_.query("SELECT count(*) FROM outcome"), "1");
  EXPECT_EQ(installation_.query("SELECT count(*) FROM quarantine"), "0");
}

TEST_F(Quarantine, AProfileThatTheMachineIsNotOfIsSaidBeforeAnythingRuns) {
  ::setenv("TIMETRIAL_HARDWARE_PROFILE", "algoperf-8xv100", 1);
  const auto refused = train();
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("this machine is not of that profile"));
  EXPECT_EQ(installation_.query("SELECT count(*) FROM attempt"), "0");
}

TEST(Qualify, MeasuresByLibTorch) {
  const Installation installation("qualify");
  const auto result =
      installation.run({"hardware", "qualify", "--device", "cpu", "--threads", "1", "--json",
                        "--write", (installation.folder() / "mine.toml").string()});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto measured = nlohmann::json::parse(result.out).at("measured");
  EXPECT_EQ(measured.size(), 4U);
  for (const auto& [key, value] : measured.items()) {
    SCOPED_TRACE(key);
    EXPECT_GT(value.at("low").get<double>(), 0);
    EXPECT_LE(value.at("low"), value.at("median"));
    EXPECT_LE(value.at("median"), value.at("high"));
  }
}

}  // namespace
}  // namespace timetrial::end_to_end
