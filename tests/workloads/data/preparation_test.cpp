#include "workloads/data/preparation.h"

#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace timetrial::data {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

void write_text(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

TEST(Preparation, WritesUnderThePartialNameAndRenames) {
  const test::TemporaryFolder folder;
  Preparation preparation(folder.path(), "rows", 2);
  preparation.file("training/a.bin", 2, [&](const fs::path& partial) {
    EXPECT_EQ(partial, folder.path() / "training/a.bin.partial");
    write_text(partial, "whole");
    EXPECT_FALSE(fs::exists(folder.path() / "training/a.bin"));
  });
  EXPECT_EQ(content(folder.path() / "training/a.bin"), "whole");
  EXPECT_FALSE(fs::exists(folder.path() / "training/a.bin.partial"));
}

TEST(Preparation, KeepsWhatAnEarlierCallFinished) {
  const test::TemporaryFolder folder;
  const auto write = [](const fs::path& partial) { write_text(partial, "first"); };
  Preparation(folder.path(), "rows", 5).file("a", 5, write);
  Preparation again(folder.path(), "rows", 5);
  again.file("a", 5, [](const fs::path&) { FAIL() << "made again"; });
  EXPECT_EQ(content(folder.path() / "a"), "first");
  EXPECT_EQ(again.done(), 5);
}

TEST(Preparation, AFailedFileIsNotThere) {
  const test::TemporaryFolder folder;
  Preparation preparation(folder.path(), "rows", 1);
  const auto fail = [](const fs::path& partial) {
    write_text(partial, "half");
    throw std::runtime_error("the disk is full");
  };
  EXPECT_THROW(preparation.file("a", 1, fail), std::runtime_error);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Preparation, CountsAFileOnceWhateverWasAdvanced) {
  const test::TemporaryFolder folder;
  Preparation preparation(folder.path(), "rows", 4);
  preparation.file("a", 3, [&](const fs::path& partial) {
    write_text(partial, "");
    preparation.advance(2);
    EXPECT_EQ(preparation.done(), 2);
  });
  EXPECT_EQ(preparation.done(), 3);
}

TEST(Preparation, SaysHowFarItIs) {
  const test::TemporaryFolder folder;
  testing::internal::CaptureStderr();
  {
    Preparation preparation(folder.path(), "rows", 4);
    preparation.file("a", 1, [](const fs::path& partial) { write_text(partial, ""); });
    preparation.file("b", 3, [](const fs::path& partial) { write_text(partial, ""); });
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "4 of 4 rows (100 %)\n");
}

TEST(Preparation, RefusesNothing) {
  EXPECT_THROW(Preparation("out", "rows", 0), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::data
