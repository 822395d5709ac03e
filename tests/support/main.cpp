// The main of every test. CTest runs each TEST in a process of its own, several at a time: each
// gets a temporary folder of its own (testing::TempDir, TMPDIR), gone at the end.
#include "harness/trial/quick_end.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

int main(int argc, char** argv) {
  std::string folder = (std::filesystem::temp_directory_path() / "timetrial-test-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    std::perror(folder.c_str());
    return 1;
  }
  setenv("TEST_TMPDIR", folder.c_str(), 1);
  setenv("TMPDIR", folder.c_str(), 1);
  testing::InitGoogleMock(&argc, argv);
  const int result = RUN_ALL_TESTS();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  // Two thirds of the tests are linked with LibTorch, whose end takes longer than most of them. A
  // sanitizer has its say at the exit, on leaks.
  if (!TIMETRIAL_SANITIZED) timetrial::quick_end(result);
  return result;
}
