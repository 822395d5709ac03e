#pragma once
// Where the public logs are: TIMETRIAL_ALGOPERF_LOGS, else ../shared/data/algoperf-logs beside the
// source tree. They are no part of this repository; README.md says where to get them.

#include <cstdlib>
#include <filesystem>

namespace timetrial::algoperf::test {

inline std::filesystem::path real_logs() {
  if (const char* given = std::getenv("TIMETRIAL_ALGOPERF_LOGS"); given != nullptr) return given;
  return std::filesystem::path(TIMETRIAL_SOURCE_DIR).parent_path() / "shared/data/algoperf-logs";
}

}  // namespace timetrial::algoperf::test
