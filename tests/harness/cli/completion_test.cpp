// timetrial completion: what bash completes, by running bash.
#include "command_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace timetrial::cli {
namespace {

using ::testing::HasSubstr;

/// The words bash offers after `line`, one a line.
std::string completed(const CommandRunner& runner, const std::string& line) {
  const auto script = runner.run("completion bash");
  EXPECT_EQ(script.code, 0) << script.err;
  const auto folder = runner.folder().string();
  std::ofstream(runner.folder() / "completion.sh") << script.out;
  std::ofstream(runner.folder() / "complete.sh")
      << "cd " << folder << "/empty && . ../completion.sh && COMP_WORDS=(" << line
      << ") && COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) && _timetrial && "
         "printf '%s\\n' \"${COMPREPLY[@]}\" > ../words.txt\n";
  std::filesystem::create_directories(runner.folder() / "empty");
  EXPECT_EQ(std::system(("bash " + folder + "/complete.sh").c_str()), 0);
  std::ostringstream words;
  words << std::ifstream(runner.folder() / "words.txt").rdbuf();
  return words.str();
}

TEST(CompletionCommand, CompletesCommandsSubcommandsAndFlags) {
  const CommandRunner runner;
  EXPECT_EQ(completed(runner, "timetrial doc"), "doctor\n");
  EXPECT_EQ(completed(runner, "timetrial data ''"), "list\nprepare\nverify\n--help\n");
  EXPECT_EQ(completed(runner, "timetrial data prepare --pa"), "--packages\n");
  EXPECT_EQ(completed(runner, "timetrial metric ''"), "check\n--help\n");
  EXPECT_EQ(completed(runner, "timetrial workload check --fi"), "--fixture\n");
  EXPECT_EQ(completed(runner, "timetrial data --data x prepare --da"), "--data\n");
}

TEST(CompletionCommand, KnowsTheOtherShells) {
  const CommandRunner runner;
  EXPECT_THAT(runner.run("completion zsh").out, HasSubstr("#compdef timetrial\n"));
  EXPECT_THAT(runner.run("completion fish").out,
              HasSubstr("complete -c timetrial -n 'true; and __fish_seen_subcommand_from data; and "
                        "__fish_seen_subcommand_from prepare' -l packages\n"));
  EXPECT_EQ(runner.run("completion tcsh").code, 2);
}

}  // namespace
}  // namespace timetrial::cli
