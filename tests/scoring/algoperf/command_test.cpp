// timetrial import algoperf, as its users meet it.
#include "tests/harness/cli/command_runner.h"
#include "tests/scoring/algoperf/make_logs.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace timetrial::algoperf {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ImportCommand : public testing::Test {
 protected:
  cli::CommandResult run(const std::string& arguments) const { return runner_.run(arguments); }
  std::filesystem::path path(const std::string& name) const { return runner_.folder() / name; }

  cli::CommandRunner runner_;
};

TEST_F(ImportCommand, ImportsOnceAndSaysWhatItPassedOver) {
  test::make_logs(path("made"));
  test::write_file(path("made/stray.txt"), "x");
  const auto first = run("import algoperf made --store s.db");
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("made: 36 trials of 2 submissions, rule set algoperf-v0.5"));
  EXPECT_THAT(first.out, HasSubstr("  1 stray files passed over: stray.txt\n"));
  EXPECT_THAT(first.out, HasSubstr("s.db: added 36 trials with 180 evaluations; 0 were there\n"));
  EXPECT_THAT(first.err, IsEmpty());
  const auto again = run("import algoperf made --store s.db --json");
  const auto json = nlohmann::json::parse(again.out);
  EXPECT_EQ(json["trials_added"], 0);
  EXPECT_EQ(json["trials_known"], 36);
  EXPECT_EQ(json["remarks"].size(), 2U);
  EXPECT_EQ(run("store check --store s.db").code, 0);
  const auto query =
      run("store query --store s.db --sql \"SELECT COUNT(*) AS n FROM v_imported_evaluations\"");
  EXPECT_EQ(query.out, "n\n180\n");
}

TEST_F(ImportCommand, ADryRunStoresNothing) {
  test::make_logs(path("made"));
  const auto result = run("import algoperf made --store s.db --dry-run --progress plain");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("nothing stored (--dry-run): 180 evaluations"));
  EXPECT_THAT(result.err, HasSubstr("importing: 100 %\n"));
  EXPECT_FALSE(std::filesystem::exists(path("s.db")));
}

TEST_F(ImportCommand, BadInputIsOneLineAndLeavesNothing) {
  test::make_logs(path("made"));
  test::make_logs(path("made"), {.submissions = {"ash"}, .framework = "pytorch"});
  test::write_file(path("bad.tar"), "x");
  std::filesystem::create_directories(path("empty"));
  struct Case {
    const char* arguments;
    const char* message;
  };
  for (const auto& test :
       std::vector<Case>{{"made", "are one workload in two frameworks"},
                         {"bad.tar", "bad.tar: no sound archive of AlgoPerf logs"},
                         {"empty", "empty: no AlgoPerf logs"},
                         {"absent", "absent: not found"},
                         {"made --tuning both", "tuning 'both': expected external or self"},
                         {"made --progress much", "--progress much: expected auto, bar"},
                         {"made --ruleset algoperf-9", "two frameworks"}}) {
    SCOPED_TRACE(test.arguments);
    const auto result = run(std::string("import algoperf --store s.db ") + test.arguments);
    EXPECT_EQ(result.code, 2);
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, HasSubstr(test.message));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_FALSE(std::filesystem::exists(path("s.db")));
  }
}

TEST_F(ImportCommand, AnInterruptedImportLeavesNothing) {
  test::make_logs(path("made"));
  test::pack(path("made"), path("made.tar"));
  const auto half = std::filesystem::file_size(path("made.tar")) / 2;
  // The archive comes through a pipe that stops half way, so the signal meets a running import.
  const auto result = run(
      fmt::format("version > version.txt; mkfifo pipe.tar; trap '' PIPE\n"
                  "bin/timetrial import algoperf pipe.tar --store s.db 2> messages & import=$!\n"
                  "exec 3> pipe.tar; head -c {} made.tar >&3; kill -TERM $import\n"
                  "tail -c +{} made.tar >&3 2> /dev/null; exec 3>&-; wait $import",
                  half, half + 1));
  EXPECT_EQ(result.code, 143);
  EXPECT_EQ(test::read_file(path("messages")),
            "timetrial: import interrupted; nothing was stored\n");
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    EXPECT_FALSE(std::filesystem::exists(path(std::string("s.db") + suffix))) << suffix;
  }
}

TEST_F(ImportCommand, OtherMeasurementsUnderOneNameAreRefused) {
  test::make_logs(path("made"));
  ASSERT_EQ(run("import algoperf made --store s.db").code, 0);
  test::write_file(path("made/ash/study_0/fastmri_jax/trial_1/eval_measurements.csv"),
                   "global_step,score,validation/ssim\n1,1,0.5\n");
  const auto result = run("import algoperf made --store s.db");
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("ash / fastmri / study 0 / trial 1 of sweep 'made' is stored "
                                    "with other measurements"));
  EXPECT_EQ(run("import algoperf made --store s.db --name changed").code, 0);
}

}  // namespace
}  // namespace timetrial::algoperf
