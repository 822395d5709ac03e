#include "harness/sandbox/file_access.h"

#include "harness/sandbox/spawn.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>

namespace timetrial::sandbox {
namespace {

namespace fs = std::filesystem;

class FileAccessTest : public testing::Test {
 protected:
  void SetUp() override {
    if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
    fs::remove_all(folder_);
    for (const char* name : {"training", "held_back", "scratch"}) {
      fs::create_directories(folder_ / name);
      std::ofstream(folder_ / name / "a") << "text";
    }
  }

  /// Whether the check holds in a child that may read training and write scratch.
  template <class Check>
  bool holds(const Check& check) {
    const pid_t pid = fork();
    if (pid == 0) {
      FileAccess access;
      access.readable = {"/usr", "/lib", folder_ / "training", folder_ / "not there"};
      access.writable = {folder_ / "scratch"};
      access.devices = {"/dev/null"};
      _exit(restrict_files(access) == landlock_version() && check() ? 0 : 1);
    }
    return wait_for(pid).code == 0;
  }

  fs::path folder_ = fs::path(testing::TempDir()) / "file_access_test";
};

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool can_write(const fs::path& file) { return static_cast<bool>(std::ofstream(file) << "more"); }

TEST_F(FileAccessTest, LeavesWhatIsNamed) {
  EXPECT_TRUE(holds([&] { return text_of(folder_ / "training" / "a") == "text"; }));
  EXPECT_TRUE(holds([&] { return can_write(folder_ / "scratch" / "b"); }));
  EXPECT_TRUE(holds([&] { return text_of(folder_ / "scratch" / "a") == "text"; }));
  EXPECT_TRUE(holds([&] { return fs::create_directories(folder_ / "scratch" / "c" / "d"); }));
  EXPECT_TRUE(holds([] { return can_write("/dev/null"); }));
}

TEST_F(FileAccessTest, TakesEverythingElseAway) {
  EXPECT_TRUE(holds([&] { return text_of(folder_ / "held_back" / "a").empty(); }));
  EXPECT_TRUE(holds([&] { return !can_write(folder_ / "training" / "a"); }));
  EXPECT_TRUE(holds([&] { return !can_write(folder_ / "b"); }));
  EXPECT_TRUE(holds([&] {
    std::error_code error;
    fs::create_symlink(folder_ / "held_back" / "a", folder_ / "scratch" / "link", error);
    return text_of(folder_ / "scratch" / "link").empty();
  }));
  EXPECT_TRUE(holds([&] {
    std::error_code error;
    fs::rename(folder_ / "held_back", folder_ / "scratch" / "here", error);
    return error.value() != 0;
  }));
  EXPECT_EQ(text_of(folder_ / "training" / "a"), "text");
}

TEST_F(FileAccessTest, LetsNoOtherProgramRun) {
  EXPECT_TRUE(holds([] {
    const pid_t child = fork();
    if (child == 0) {
      execl("/usr/bin/true", "true", nullptr);
      _exit(errno == EACCES ? 7 : 0);
    }
    return wait_for(child).code == 7;
  }));
}

TEST_F(FileAccessTest, HoldsForChildren) {
  EXPECT_TRUE(holds([&] {
    const pid_t child = fork();
    if (child == 0) _exit(text_of(folder_ / "held_back" / "a").empty() ? 0 : 1);
    return wait_for(child).code == 0;
  }));
}

TEST_F(FileAccessTest, KeepsSignalsInside) {
  if (landlock_version() < 6) GTEST_SKIP() << "this kernel's Landlock does not know of signals";
  EXPECT_TRUE(holds([] { return kill(getppid(), 0) == -1 && errno == EPERM; }));
  EXPECT_TRUE(holds([] { return kill(getpid(), 0) == 0; }));
}

}  // namespace
}  // namespace timetrial::sandbox
