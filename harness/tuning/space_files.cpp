#include "harness/tuning/space_files.h"

#include "harness/trial/error.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <system_error>

namespace timetrial::tuning {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".search_space.json";

}  // namespace

std::optional<fs::path> own_search_space(const fs::path& library) {
  for (const auto& name :
       {library.stem().string() + std::string(kEnding), std::string("search_space.json")}) {
    const auto file = library.parent_path() / name;
    if (fs::exists(file)) return file;
  }
  return std::nullopt;
}

std::vector<std::string> named_search_spaces(const fs::path& library) {
  const std::string beginning = library.stem().string() + ".";
  std::vector<std::string> words;
  std::error_code unreadable;
  for (const auto& entry :
       fs::directory_iterator(fs::absolute(library).parent_path(), unreadable)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(beginning) || !name.ends_with(kEnding)) continue;
    if (name.size() <= beginning.size() + kEnding.size()) continue;  // its own
    words.push_back(name.substr(beginning.size(), name.size() - beginning.size() - kEnding.size()));
  }
  std::sort(words.begin(), words.end());
  return words;
}

bool is_search_space_file(const std::string& wanted) {
  return wanted.find('/') != std::string::npos || wanted.ends_with(".json");
}

fs::path find_search_space(const fs::path& library, const std::string& wanted) {
  if (is_search_space_file(wanted)) return wanted;
  const auto file =
      library.parent_path() / (library.stem().string() + "." + wanted + std::string(kEnding));
  if (fs::exists(file)) return file;
  const auto known = named_search_spaces(library);
  throw InputError(fmt::format(
      "{}: no search space '{}'; {}", library.string(), wanted,
      known.empty() ? "it has none but its own: leave --search-space out, or give a file's path"
                    : fmt::format("use one of {}, or a file's path", fmt::join(known, ", "))));
}

}  // namespace timetrial::tuning
