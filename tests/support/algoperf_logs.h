#pragma once
// Where the published AlgoPerf logs are, if they are: the variable TIMETRIAL_ALGOPERF_LOGS, else
// shared/data/algoperf-logs beside the project. They are not part of the project; README.md names
// the public repository that has them.

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace timetrial::test {

inline constexpr const char* kNoAlgoPerfLogs =
    "no AlgoPerf logs: set TIMETRIAL_ALGOPERF_LOGS to their folder (README.md)";

inline std::optional<std::filesystem::path> algoperf_logs() {
  if (const char* given = std::getenv("TIMETRIAL_ALGOPERF_LOGS")) return given;
  const auto beside =
      std::filesystem::path(TIMETRIAL_SOURCE_DIR).parent_path() / "shared/data/algoperf-logs";
  if (std::filesystem::is_directory(beside)) return beside;
  return std::nullopt;
}

}  // namespace timetrial::test
