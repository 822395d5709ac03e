// timetrial doctor and version, with a stand-in for timetrial-worker.
#include "command_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>

namespace timetrial::cli {
namespace {

using ::testing::HasSubstr;

std::map<std::string, nlohmann::json> checks_of(const CommandResult& result) {
  std::map<std::string, nlohmann::json> checks;
  const auto document = nlohmann::json::parse(result.out);
  for (const auto& check : document.at("checks")) checks[check.at("name")] = check;
  return checks;
}

TEST(DoctorCommand, SaysWhatIsMissingAndHowToGetIt) {
  const CommandRunner runner;
  const auto result = runner.run("doctor --json");
  EXPECT_EQ(result.code, 4);
  const auto checks = checks_of(result);
  for (const auto* name : {"executables", "LibTorch", "submissions", "data"}) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(checks.contains(name));
    EXPECT_EQ(checks.at(name).at("state"), "missing");
    EXPECT_EQ(checks.at(name).at("remedy"), "build it: scripts/build.sh");
  }
  EXPECT_EQ(checks.at("store").at("state"), "ok");
}

TEST(DoctorCommand, AsksTheWorkerForLibTorchAndForDataSets) {
  const CommandRunner runner;
  runner.write_sibling("timetrial-referee", "exit 0\n");
  runner.write_sibling("timetrial-worker", R"(
case $1 in
  version) echo '{"libtorch": "2.11.0", "cpu_capability": "AVX2"}' ;;
  describe) echo '[{"name": "w", "base": "w", "dataset": "digits"},
    {"name": "v", "base": "v", "dataset": "imagenet", "data": "official"}]' ;;
esac
)");
  const auto checks = checks_of(runner.run("doctor --json"));
  EXPECT_EQ(checks.at("executables").at("state"), "ok");
  EXPECT_EQ(checks.at("LibTorch").at("detail"), "2.11.0 (AVX2)");
  EXPECT_EQ(checks.at("data digits").at("remedy"), "prepare it: timetrial data prepare digits");
  EXPECT_FALSE(checks.contains("data imagenet"));
}

TEST(DoctorCommand, ReportsAWorkerThatCannotStart) {
  const CommandRunner runner;
  runner.write_sibling("timetrial-worker", "exit 127\n");
  const auto check = checks_of(runner.run("doctor --json")).at("LibTorch");
  EXPECT_EQ(check.at("state"), "missing");
  EXPECT_THAT(check.at("detail").get<std::string>(), HasSubstr("exited with code 127"));
  EXPECT_THAT(check.at("remedy").get<std::string>(), HasSubstr("scripts/setup.sh"));
}

TEST(DoctorCommand, PrintsAlignedLinesForPeople) {
  const CommandRunner runner;
  const auto result = runner.run("doctor --store bin/timetrial/x.db");
  EXPECT_THAT(result.out, HasSubstr("missing  store         /"));
  EXPECT_THAT(result.out, HasSubstr("\n                       -> choose another file"));
}

TEST(VersionCommand, NamesEveryPartThatResultsDependOn) {
  const CommandRunner runner;
  const auto versions = nlohmann::json::parse(runner.run("version --json").out);
  for (const auto* part :
       {"timetrial", "commit", "sdk", "libtorch", "cuda", "sqlite", "compiler"}) {
    EXPECT_NE(versions.at(part).get<std::string>(), "") << part;
  }
  EXPECT_EQ(versions.at("libtorch"), "2.11.0");
  EXPECT_EQ(versions.at("cxx11_abi"), "1");
}

TEST(VersionFlag, OfEachProgramSaysWhatTheCommandSays) {
  const CommandRunner runner;
  const auto text = runner.run("version").out, json = runner.run("version --json").out;
  EXPECT_THAT(text, HasSubstr(", LibTorch 2.11.0, CUDA "));
  for (const std::string program :
       {TIMETRIAL_EXECUTABLE, TIMETRIAL_REFEREE, TIMETRIAL_WORKER, TIMETRIAL_CHECK}) {
    SCOPED_TRACE(program);
    const auto found = runner.run("--version", "", program);
    EXPECT_EQ(found.code, 0) << found.err;
    EXPECT_EQ(found.out, std::filesystem::path(program).filename().string() +
                             text.substr(std::string("timetrial").size()));
  }
  EXPECT_EQ(runner.run("--version --json").out, json);
  EXPECT_EQ(runner.run("--json --version").out, json);
  EXPECT_EQ(runner.run("--version --json", "", TIMETRIAL_CHECK).out, json);
}

}  // namespace
}  // namespace timetrial::cli
