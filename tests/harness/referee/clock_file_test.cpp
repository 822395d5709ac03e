#include "harness/referee/clock_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
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

TEST(ClockFile, NamesItsRunAndStartsAnewForAnother) {
  const auto file = fresh_file("clock_file_d");
  ClockFile clock(file);
  EXPECT_TRUE(clock.is_new());
  EXPECT_FALSE(clock.is_of(""));
  clock.begin("a");
  clock.set(7);
  EXPECT_TRUE(ClockFile(file).is_of("a"));
  EXPECT_FALSE(ClockFile(file).is_of("b"));
  EXPECT_FALSE(ClockFile(file).is_new());
  clock.begin("b");
  EXPECT_FALSE(clock.is_of("a"));
  EXPECT_EQ(clock.used_s(), 0);
}

TEST(ClockFile, OneFlippedBitCostsATickAtMost) {
  const auto file = fresh_file("clock_file_e");
  constexpr long kUsedBytes = 160;
  for (long bit = 0; bit < 8 * kUsedBytes; ++bit) {
    SCOPED_TRACE(bit);
    {
      ClockFile clock(file);
      clock.begin("a");
      clock.set(10);
      clock.set(10.05);
    }
    {
      std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
      stream.seekg(bit / 8);
      const auto byte = static_cast<char>(stream.get() ^ (1 << bit % 8));
      stream.seekp(bit / 8);
      stream.put(byte);
    }
    const ClockFile clock(file);
    EXPECT_TRUE(clock.is_of("a"));
    EXPECT_GE(clock.used_s(), 10);
    EXPECT_LE(clock.used_s(), 10.05);
  }
}

TEST(ClockFile, AMendedFileBearsAnotherDamage) {
  const auto file = fresh_file("clock_file_g");
  constexpr long kFirstName = 32, kSecondName = kFirstName + 64;
  ClockFile(file).begin("a");
  for (const long damaged : {kFirstName, kSecondName}) {
    SCOPED_TRACE(damaged);
    std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(damaged).put('b');
    ClockFile clock(file);
    ASSERT_TRUE(clock.is_of("a"));
    clock.mend("a");
    clock.set(10);
  }
  const ClockFile clock(file);
  EXPECT_TRUE(clock.is_of("a"));
  EXPECT_FALSE(clock.is_of("b"));
  EXPECT_EQ(clock.used_s(), 10);
}

TEST(ClockFile, TakesItsRoomAtOnce) {
  // A mapped page without room on a full disk would end the process by SIGBUS.
  const auto file = fresh_file("clock_file_f");
  const ClockFile clock(file);
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_GE(status.st_blocks * 512, 4096);
}

}  // namespace
}  // namespace timetrial::referee
