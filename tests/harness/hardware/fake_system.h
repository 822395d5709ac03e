#pragma once
// A folder that looks like /proc or /sys, for the tests of this folder.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace timetrial::hardware {

class FakeSystem : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "hardware.XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  std::filesystem::path proc() const { return folder_ / "proc"; }
  std::filesystem::path sys() const { return folder_ / "sys"; }
  std::filesystem::path folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace timetrial::hardware
