#pragma once
// The inputs that the fuzzers begin with, run as a test.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace timetrial::fuzz {

inline std::string read_file(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

/// Every input of a kind, and every cut of it.
inline void run_corpus(const std::string& kind, void (*read)(std::string_view)) {
  const auto folder = std::filesystem::path(TIMETRIAL_SOURCE_DIR) / "tests/fuzz/corpus" / kind;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path());
    const auto bytes = read_file(entry.path());
    read(bytes);
    constexpr std::size_t kCuts = 16;
    for (std::size_t cut = 1; cut < kCuts; ++cut) {
      read(std::string_view(bytes).substr(0, cut * bytes.size() / kCuts));
    }
    ++files;
  }
  EXPECT_GT(files, 2);
}

}  // namespace timetrial::fuzz
