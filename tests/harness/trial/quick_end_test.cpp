#include "harness/trial/quick_end.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace timetrial {
namespace {

std::FILE* log_file = nullptr;

TEST(QuickEnd, FlushesAndCallsNothingThatWaitsForTheExit) {
  const std::string path = testing::TempDir() + "/quick_end.txt";
  const auto ends = [&] {
    log_file = std::fopen(path.c_str(), "w");
    std::atexit([] { std::fputs("late", log_file); });
    std::fputs("written", log_file);
    quick_end(3);
  };
  EXPECT_EXIT(ends(), testing::ExitedWithCode(3), "");
  std::ifstream in(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "written");
}

}  // namespace
}  // namespace timetrial
