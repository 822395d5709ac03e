#include "harness/referee/work_folder.h"

#include "harness/referee/clock_file.h"

#include <algorithm>
#include <vector>

namespace timetrial::referee {
namespace {

namespace fs = std::filesystem;

/// All but the lock, by which processes that wait for the folder know it.
std::vector<fs::path> contents(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename() != "lock") paths.push_back(entry.path());
  }
  return paths;
}

fs::path free_name(const fs::path& folder) {
  for (int number = 0;; ++number) {
    fs::path name = folder.string() + ".earlier-" + std::to_string(number);
    if (!fs::exists(name)) return name;
  }
}

/// What a referee leaves that was killed before its first attempt began, or nothing.
bool is_unused(const fs::path& folder, const std::vector<fs::path>& paths) {
  const bool clock_is_new = !fs::exists(folder / "clock") || ClockFile(folder / "clock").is_new();
  return clock_is_new && std::none_of(paths.begin(), paths.end(), [](const fs::path& path) {
           return path.filename().string().starts_with("checkpoint");
         });
}

}  // namespace

std::optional<fs::path> claim(const fs::path& folder, const std::string& run) {
  if (fs::exists(folder / "clock") && ClockFile(folder / "clock").is_of(run)) return std::nullopt;
  const auto paths = contents(folder);
  if (is_unused(folder, paths)) {
    for (const auto& path : paths) fs::remove_all(path);
    return std::nullopt;
  }
  const fs::path aside = free_name(folder);
  fs::create_directories(aside);
  for (const auto& path : paths) fs::rename(path, aside / path.filename());
  return aside;
}

}  // namespace timetrial::referee
