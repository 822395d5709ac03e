#include "harness/referee/clock_file.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <limits>

namespace timetrial::referee {
namespace {

std::filesystem::path fresh_file(const std::string& name) {
  const auto file = std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove(file);
  return file;
}

TEST(ClockFile, StartsAtZeroAndRemembers) {
  const auto file = fresh_file("clock_file_a");
  {
    ClockFile clock(file);
    EXPECT_EQ(clock.used_s(), 0);
    clock.set(12.5);
  }
  EXPECT_EQ(ClockFile(file).used_s(), 12.5);
}

TEST(ClockFile, SurvivesAKillOfItsWriter) {
  const auto file = fresh_file("clock_file_b");
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ClockFile clock(file);
    clock.set(3.75);
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(ClockFile(file).used_s(), 3.75);
}

TEST(ClockFile, TakesNonsenseForNothingUsed) {
  for (const double nonsense :
       {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    SCOPED_TRACE(nonsense);
    const auto file = fresh_file("clock_file_c");
    ClockFile(file).set(nonsense);
    EXPECT_EQ(ClockFile(file).used_s(), 0);
  }
}

}  // namespace
}  // namespace timetrial::referee
