#pragma once
// A folder for readers that want files by name.
#include "tests/fuzz/promise.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace timetrial::fuzz {

/// Removed when the process ends.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    // In memory where that is possible: thousands of files a second would wait for a disk.
    const std::filesystem::path memory = "/dev/shm";
    const bool writable = access(memory.c_str(), W_OK) == 0;
    const auto parent = writable ? memory : std::filesystem::temp_directory_path();
    auto name = (parent / "fuzzed-XXXXXX").string();
    require(mkdtemp(name.data()) != nullptr, "a temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  /// Replaces what the file held; makes its folder. Returns its path.
  std::filesystem::path write(const std::string& name, std::string_view bytes) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace timetrial::fuzz
