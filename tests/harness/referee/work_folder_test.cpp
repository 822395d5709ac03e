#include "harness/referee/work_folder.h"

#include "harness/referee/clock_file.h"

#include <gtest/gtest.h>

#include <fstream>

namespace timetrial::referee {
namespace {

namespace fs = std::filesystem;

class WorkFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "scratch");
    std::ofstream(folder_ / "lock") << "";
  }

  void leave_files_of(const std::string& run) {
    ClockFile clock(folder_ / "clock");
    clock.begin(run);
    clock.set(100);
    std::ofstream(folder_ / "checkpoint-000000000010.safetensors") << "ten";
    std::ofstream(folder_ / "scratch" / "learned") << "weights";
  }
  double used_s() { return ClockFile(folder_ / "clock").used_s(); }

  fs::path folder_ = fs::path(testing::TempDir()) / "trial";
};

TEST_F(WorkFolderTest, ARunGoesOnWithItsOwnFiles) {
  leave_files_of("a");
  EXPECT_FALSE(claim(folder_, "a"));
  EXPECT_EQ(used_s(), 100);
  EXPECT_TRUE(fs::exists(folder_ / "scratch" / "learned"));
}

TEST_F(WorkFolderTest, AnotherRunsFilesAreSetAside) {
  for (const char* run : {"", "b"}) {  // a new store; a store that has merged another run
    SCOPED_TRACE(run);
    leave_files_of("a");
    const auto aside = claim(folder_, run);
    ASSERT_TRUE(aside);
    EXPECT_EQ(used_s(), 0);
    EXPECT_FALSE(fs::exists(folder_ / "scratch"));
    EXPECT_FALSE(fs::exists(folder_ / "checkpoint-000000000010.safetensors"));
    EXPECT_TRUE(fs::exists(folder_ / "lock"));
    EXPECT_EQ(ClockFile(*aside / "clock").used_s(), 100);
    EXPECT_TRUE(fs::exists(*aside / "scratch" / "learned"));
    fs::create_directories(folder_ / "scratch");
  }
}

TEST_F(WorkFolderTest, FilesWithoutAClockAreSetAside) {
  std::ofstream(folder_ / "checkpoint-000000000010.safetensors") << "ten";
  EXPECT_TRUE(claim(folder_, "a"));
  EXPECT_TRUE(fs::is_empty(folder_) || !fs::exists(folder_ / "scratch"));
}

TEST_F(WorkFolderTest, WhatHasNotBegunIsCleared) {
  std::ofstream(folder_ / "scratch" / "file") << "x";
  ClockFile(folder_ / "clock").used_s();
  EXPECT_FALSE(claim(folder_, ""));
  EXPECT_FALSE(fs::exists(folder_ / "scratch"));
  EXPECT_FALSE(claim(folder_, "a"));  // killed between the store's row and the clock's name
}

}  // namespace
}  // namespace timetrial::referee
