#include "tests/harness/cli/command_runner.h"
#include "tests/harness/sdk/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace timetrial::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

/// A folder with libraries, good and bad, and a stand-in for timetrial-check.
class SubmissionCommand : public testing::Test {
 protected:
  SubmissionCommand() {
    fs::create_directories(runner_.folder() / "submissions");
    for (const char* name : {"good_record", "wrong_sdk", "no_record"}) {
      fs::copy_file(fs::path(RECORDS_DIR) / (std::string(name) + ".so"),
                    runner_.folder() / "submissions" / (std::string(name) + ".so"));
    }
    std::ofstream(runner_.folder() / "submissions" / "good_record.search_space.json")
        << "{\"learning_rate\": {\"feasible_points\": [1]}}\n";
  }
  CommandRunner runner_;
};

TEST_F(SubmissionCommand, ListsGoodAndBadOnes) {
  const auto result = runner_.run("submission list");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("NAME                     AUTHOR"));
  EXPECT_THAT(result.out, HasSubstr("sample                   An Author                0.2.0"));
  EXPECT_THAT(result.out, HasSubstr("wrong_sdk                cannot be used: "));
  EXPECT_THAT(result.out, HasSubstr("no_record                cannot be used: "));
}

TEST_F(SubmissionCommand, ListsForMachines) {
  const auto json = nlohmann::json::parse(runner_.run("submission list --json").out);
  ASSERT_EQ(json["submissions"].size(), 3);
  EXPECT_EQ(json["submissions"][0]["name"], "sample");
  EXPECT_EQ(json["submissions"][0]["usable"], true);
  EXPECT_EQ(json["submissions"][2]["usable"], false);
  EXPECT_THAT(json["submissions"][2]["problem"], HasSubstr("built with SDK 0.99.0"));
}

TEST_F(SubmissionCommand, ShowsOneByNameOrPath) {
  for (const char* how : {"good_record", "submissions/good_record.so"}) {
    const auto result = runner_.run(std::string("submission show ") + how);
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("author        An Author\n"));
    EXPECT_THAT(result.out, HasSubstr("feasible_points"));
  }
}

TEST_F(SubmissionCommand, BadInputIsOneLineAndCodeTwo) {
  std::ofstream(runner_.folder() / "text.so") << "no library\n";
  const struct Case {
    const char* arguments;
    const char* message;
  } cases[] = {
      {"show good_recrod", "unknown submission 'good_recrod'; did you mean good_record"},
      {"show absent.so", "absent.so: no such file"},
      {"check text.so", "text.so: not a library at all"},
      {"check submissions/wrong_sdk.so", "built with SDK 0.99.0 (this harness: "},
      {"check submissions/no_record.so", "not a submission (no .timetrial record)"},
      {"list --dir nowhere", "nowhere: No such file or directory"},
      {"new Bad-Name", "'Bad-Name' cannot name a submission"},
      {"new test", "'test' is a name that CMake keeps for itself"},
      {"new submissions --dir .", "exists already; choose another name or --dir"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.arguments);
    const auto result = runner_.run(std::string("submission ") + c.arguments);
    EXPECT_EQ(result.code, 2);
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, MatchesRegex("timetrial: [^\n]+\n"));
    EXPECT_THAT(result.err, HasSubstr(c.message));
  }
}

TEST_F(SubmissionCommand, NewWritesAFolderAndSaysHowToBuildIt) {
  const auto result = runner_.run("submission new my_sgd --dir made");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("cmake -S made/my_sgd -B made/my_sgd/build "));
  const auto folder = runner_.folder() / "made" / "my_sgd";
  std::ifstream in(folder / "my_sgd.cpp");
  const std::string source(std::istreambuf_iterator<char>(in), {});
  EXPECT_THAT(source, HasSubstr("TIMETRIAL_SUBMISSION(MySgd, \"my_sgd\", \"Your Name\")"));
  for (const char* file : {"CMakeLists.txt", "my_sgd.cpp", "search_space.json", "README.md"}) {
    EXPECT_TRUE(fs::exists(folder / file)) << file;
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(runner_.folder() / "made"), {}), 1)
      << "nothing but the folder is left";
}

constexpr char kLoads[] =
    "echo '{\"started\": \"loads\"}'\n"
    "echo '{\"name\": \"loads\", \"passed\": true, \"error\": 0.0, "
    "\"tolerance\": 0.0, \"detail\": \"\"}'\n";

TEST_F(SubmissionCommand, CheckPassesItsArgumentsOn) {
  runner_.write_sibling("timetrial-check", std::string("echo \"$@\" >&2\n") + kLoads);
  const auto result =
      runner_.run("submission check good_record --trajectory a.safetensors --trajectory b");
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err, MatchesRegex("submission .*/good_record.so --search-space "
                                       ".*/good_record.search_space.json "
                                       "--trajectory a.safetensors --trajectory b\n"));
  EXPECT_THAT(result.out, MatchesRegex("CHECK  RESULT      ERROR  TOLERANCE\n"
                                       "loads  passed          0          0\n"));
}

TEST_F(SubmissionCommand, ACrashIsAFailedCheck) {
  const struct Case {
    const char* end;
    const char* detail;
  } cases[] = {
      {"kill -SEGV $$", "the process was killed by signal 11"},
      {"kill -ALRM $$", "did not end within 60 s"},
      {"exit 7", "the process exited with code 7"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.end);
    runner_.write_sibling("timetrial-check",
                          std::string(kLoads) + "echo a word of its own\n" +
                              "echo '{\"started\": \"steps\", \"patience_s\": 60}'\n" + c.end);
    const auto result = runner_.run("submission check good_record --json");
    EXPECT_EQ(result.code, 4);
    const auto checks = nlohmann::json::parse(result.out)["checks"];
    ASSERT_EQ(checks.size(), 2);
    EXPECT_EQ(checks[0]["name"], "loads");
    EXPECT_EQ(checks[0]["passed"], true);
    EXPECT_EQ(checks[1]["name"], "steps");
    EXPECT_EQ(checks[1]["passed"], false);
    EXPECT_THAT(checks[1]["detail"], HasSubstr(c.detail));
  }
}

TEST_F(SubmissionCommand, AnEarlyCleanExitIsNoPass) {
  runner_.write_sibling("timetrial-check",
                        std::string(kLoads) + "echo '{\"started\": \"steps\"}'\nexit 0");
  EXPECT_EQ(runner_.run("submission check good_record").code, 4);
}

TEST_F(SubmissionCommand, ARealCheckSurvivesWhatASubmissionDoes) {
  const struct Case {
    Fault fault;
    const char* failed;
    const char* detail;
  } cases[] = {
      {Fault::segmentation_fault, "steps", "the process was killed by signal 11"},
      {Fault::exits, "steps", "the process exited with code 0"},
      {Fault::forgets, "save_load", "step 1 after loading differs"},
  };
  runner_.write_sibling("timetrial-check", "exec " TIMETRIAL_CHECK " \"$@\"");
  for (const auto& c : cases) {
    SCOPED_TRACE(c.failed);
    std::ofstream(runner_.folder() / "space.json")
        << "[{\"fault\": " << static_cast<int>(c.fault) << "}]";
    const auto result =
        runner_.run("submission check " RECORDS_DIR "/faulty.so --search-space space.json --json");
    EXPECT_EQ(result.code, 4) << result.err;
    const auto checks = nlohmann::json::parse(result.out)["checks"];
    const auto found = std::find_if(checks.begin(), checks.end(),
                                    [](const auto& check) { return check["passed"] == false; });
    ASSERT_NE(found, checks.end());
    EXPECT_EQ((*found)["name"], c.failed);
    EXPECT_THAT((*found)["detail"], HasSubstr(c.detail));
  }
}

TEST_F(SubmissionCommand, BadInputOfTheCheckIsBadInput) {
  runner_.write_sibling("timetrial-check", "echo 'timetrial: f.json: no such file' >&2; exit 2");
  const auto result = runner_.run("submission check good_record --trajectory f.safetensors");
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.err, "timetrial: f.json: no such file\n");
}

}  // namespace
}  // namespace timetrial::cli
