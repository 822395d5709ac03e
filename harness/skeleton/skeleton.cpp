#include "harness/skeleton/skeleton.h"

#include "harness/skeleton/templates.h"
#include "harness/trial/error.h"

#include <fmt/core.h>
#include <timetrial/version.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <system_error>

namespace timetrial::skeleton {
namespace {

namespace fs = std::filesystem;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

void require_name(const std::string& name) {
  constexpr std::size_t kLongest = 63;  // ExportRecord::name with its NUL
  const bool good = !name.empty() && name.size() <= kLongest && is_lower(name.front()) &&
                    std::all_of(name.begin(), name.end(), [](char c) {
                      return is_lower(c) || (c >= '0' && c <= '9') || c == '_';
                    });
  if (!good) {
    throw InputError(fmt::format(
        "'{}' cannot name a submission: start with a lower case letter, then up to {} lower case "
        "letters, digits and underscores, such as my_sgd",
        name, kLongest - 1));
  }
  // Targets that CMake makes itself (policy CMP0037).
  for (const char* taken : {"all", "clean", "edit_cache", "help", "install", "package",
                            "package_source", "preinstall", "rebuild_cache", "test"}) {
    if (name == taken) {
      throw InputError(
          fmt::format("'{}' is a name that CMake keeps for itself; choose another", name));
    }
  }
}

std::string fill(std::string text, const std::map<std::string, std::string>& values) {
  for (const auto& [place, value] : values) {
    for (auto at = text.find(place); at != std::string::npos; at = text.find(place, at)) {
      text.replace(at, place.size(), value);
      at += value.size();
    }
  }
  return text;
}

void write_file(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw InputError(file.string() + ": cannot be written; choose another --dir");
}

}  // namespace

std::string class_name(const std::string& name) {
  std::string result;
  bool upper = true;
  for (const char c : name) {
    if (c == '_') {
      upper = true;
      continue;
    }
    result += upper && is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return result;
}

fs::path write(const std::string& name, const fs::path& directory) {
  require_name(name);
  const auto folder = directory / name;
  if (fs::exists(fs::symlink_status(folder))) {
    throw InputError(folder.string() + ": exists already; choose another name or --dir");
  }
  const std::map<std::string, std::string> values{
      {"@NAME@", name},
      {"@CLASS@", class_name(name)},
      {"@SDK@", fmt::format("{}.{}", TIMETRIAL_SDK_VERSION_MAJOR, TIMETRIAL_SDK_VERSION_MINOR)}};
  const auto making = directory / fmt::format(".{}.{}", name, getpid());
  try {
    fs::create_directories(making);
    for (const auto& file : templates()) {
      write_file(making / fill(file.file, values), fill(file.text, values));
    }
    fs::rename(making, folder);
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    fs::remove_all(making, ignored);
    throw InputError(
        fmt::format("{}: {}; choose another --dir", folder.string(), error.code().message()));
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(making, ignored);
    throw;
  }
  return folder;
}

}  // namespace timetrial::skeleton
