// A sweep through the real binaries: planned, run, finished once and for all.
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <set>

namespace timetrial::end_to_end {
namespace {

using testing::HasSubstr;

TEST(Sweep, RunsSeveralSubmissionsAndFinishingItTwiceDoesNothing) {
  const Installation installation("sweep_twice");
  const auto arguments = installation.tiny_sweep(
      "twice", {"-s", "adamw", "-s", "lion", "--trials", "2", "--max-steps", "20"});
  const Result first = installation.run(arguments);
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(installation.query("SELECT count(*) FROM outcome WHERE kind = 'completed'"), "4");
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt"), "4");
  EXPECT_THAT(first.err, HasSubstr("[4/4]"));

  const Result second = installation.run(arguments);
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt"), "4");
}

TEST(Sweep, DryRunPrintsThePlanAndWritesNothing) {
  const Installation installation("sweep_dry_run");
  const Result result = installation.run(
      installation.tiny_sweep("dry", {"-s", "lion", "--trials", "3", "--dry-run"}));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("3 trials, at most 6m 00s of submission time"));
  EXPECT_FALSE(std::filesystem::exists(installation.store()));
}

TEST(Sweep, SameSeedTwiceGivesTheSameBits) {
  std::vector<std::string> hashes;
  for (const std::string run : {"a", "b"}) {
    const Installation installation("same_bits_" + run);
    const Result result = installation.run(
        installation.tiny_sweep("bits", {"-s", "schedule_free_adamw", "--max-steps", "60"}));
    ASSERT_EQ(result.code, 0) << result.err;
    hashes.push_back(installation.query(
        "SELECT parameter_hash FROM evaluation WHERE step = 60 ORDER BY id DESC LIMIT 1"));
  }
  EXPECT_EQ(hashes[0].size(), 64U);
  EXPECT_EQ(hashes[0], hashes[1]);
}

TEST(Sweep, AnotherSeedGivesOtherBits) {
  std::vector<std::string> hashes;
  for (const std::string seed : {"1", "2"}) {
    const Installation installation("other_bits_" + seed);
    const Result result = installation.run(
        installation.tiny_sweep("bits", {"-s", "lion", "--max-steps", "5", "--seed", seed}));
    ASSERT_EQ(result.code, 0) << result.err;
    hashes.push_back(installation.query("SELECT parameter_hash FROM evaluation WHERE step = 5"));
  }
  EXPECT_NE(hashes[0], hashes[1]);
}

TEST(Sweep, RefusesWhatIsNoSubmissionWithOneLineAndExitCode2) {
  const Installation installation("bad_library");
  const auto text_file = installation.folder() / "text.so";
  std::ofstream(text_file) << "this is not a library";
  const auto bad = [](const std::string& name) {
    return (std::filesystem::path(TIMETRIAL_BINARY_DIR) / "tests" / "bad_submissions" /
            (name + ".so"))
        .string();
  };
  const auto space = installation.folder() / "space.json";
  std::ofstream(space) << "[{\"learning_rate\": 0.1}]";
  struct Case {
    std::string submission;
    const char* says;
  };
  for (const auto& [submission, says] :
       {Case{"no_such_thing", "unknown submission 'no_such_thing'"},
        Case{bad("wrong_sdk"), "wrong_sdk.so"}, Case{bad("wrong_libtorch"), "LibTorch"},
        Case{bad("no_record"), "no_record.so"}, Case{bad("missing_symbol"), "missing_symbol.so"},
        Case{text_file.string(), "text.so"},
        Case{(installation.folder() / "absent.so").string(), "absent.so"}}) {
    SCOPED_TRACE(submission);
    const Result result = installation.run(
        installation.tiny_sweep("bad", {"-s", submission, "--search-space", space.string()}));
    EXPECT_EQ(result.code, 2);
    EXPECT_THAT(result.err, HasSubstr(says));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_FALSE(std::filesystem::exists(installation.store()));
  }
}

TEST(Run, IsOneTrialAndTheSameCommandAgainIsTheSameTrial) {
  const Installation installation("run");
  const std::vector<std::string> arguments{"run",
                                           "lion",
                                           "movielens_dlrm",
                                           "--ruleset",
                                           installation.tiny_rules().string(),
                                           "--max-steps",
                                           "8",
                                           "-p",
                                           "learning_rate=0.001",
                                           "-p",
                                           "beta1=0.9",
                                           "-p",
                                           "beta2=0.99",
                                           "-p",
                                           "weight_decay=0.1"};
  for (int repetition = 0; repetition < 2; ++repetition) {
    const Result result = installation.run(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("completed after"));
    EXPECT_EQ(installation.query("SELECT count(*) FROM attempt"), "1");
  }
}

TEST(Workloads, EachIsInASuiteAndEachSuiteHasSome) {
  const Installation installation("suites");
  const Result listed = installation.run({"workload", "list", "--json"});
  ASSERT_EQ(listed.code, 0) << listed.err;
  std::set<std::string> used;
  const auto json = nlohmann::json::parse(listed.out);
  for (const auto& workload : json["workloads"]) {
    EXPECT_FALSE(workload["suites"].empty()) << workload["name"];
    for (const std::string suite : workload["suites"]) used.insert(suite);
  }
  EXPECT_THAT(used, testing::ElementsAre("algoperf", "curvature", "instability", "mini",
                                         "multitask", "vit"));
  EXPECT_EQ(installation.run({"workload", "list", "--suite", "vitt"}).code, 2);
}

}  // namespace
}  // namespace timetrial::end_to_end
