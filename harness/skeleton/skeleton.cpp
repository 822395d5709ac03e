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

void require_name(const std::string& name, const char* what, const char* example) {
  constexpr std::size_t kLongest = 63;  // ExportRecord::name with its NUL
  const bool good = !name.empty() && name.size() <= kLongest && is_lower(name.front()) &&
                    std::all_of(name.begin(), name.end(), [](char c) {
                      return is_lower(c) || (c >= '0' && c <= '9') || c == '_';
                    });
  if (!good) {
    throw InputError(fmt::format(
        "'{}' cannot name a {}: start with a lower case letter, then up to {} lower case letters, "
        "digits and underscores, such as {}",
        name, what, kLongest - 1, example));
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

void remove_all(const std::vector<fs::path>& paths) {
  std::error_code ignored;
  for (const auto& path : paths) fs::remove_all(path, ignored);
}

/// A folder of templates and where it goes.
struct Destination {
  std::string kind;
  fs::path folder;  ///< below the directory
};

/// Makes all folders or none: what is written becomes visible by renaming.
void write_folders(const std::string& name, const fs::path& directory,
                   const std::vector<Destination>& destinations) {
  for (const auto& destination : destinations) {
    const auto folder = directory / destination.folder;
    if (fs::exists(fs::symlink_status(folder))) {
      throw InputError(folder.string() + ": exists already; choose another name or --dir");
    }
  }
  const std::map<std::string, std::string> values{
      {"@NAME@", name},
      {"@CLASS@", class_name(name)},
      {"@SDK@", fmt::format("{}.{}", TIMETRIAL_SDK_VERSION_MAJOR, TIMETRIAL_SDK_VERSION_MINOR)}};
  const auto making = directory / fmt::format(".{}.{}", name, getpid());
  std::vector<fs::path> made{making};
  try {
    for (const auto& file : templates()) {
      const auto wanted = std::find_if(
          destinations.begin(), destinations.end(),
          [&](const Destination& destination) { return destination.kind == file.kind; });
      if (wanted == destinations.end()) continue;
      fs::create_directories(making / file.kind);
      write_file(making / file.kind / fill(file.file, values), fill(file.text, values));
    }
    for (const auto& destination : destinations) {
      const auto folder = directory / destination.folder;
      fs::create_directories(folder.parent_path());
      fs::rename(making / destination.kind, folder);
      made.push_back(folder);
    }
    fs::remove(making);
  } catch (const fs::filesystem_error& error) {
    remove_all(made);
    throw InputError(fmt::format("{}: {}; choose another --dir",
                                 (directory / destinations.front().folder).string(),
                                 error.code().message()));
  } catch (...) {
    remove_all(made);
    throw;
  }
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

fs::path write_submission(const std::string& name, const fs::path& directory) {
  require_name(name, "submission", "my_sgd");
  write_folders(name, directory, {{"submission", name}});
  return directory / name;
}

std::vector<fs::path> write_workload(const std::string& name, const fs::path& source) {
  require_name(name, "workload", "fashion_mnist_vit");
  if (!fs::exists(source / "workloads/workload.h")) {
    throw InputError(source.string() +
                     ": not Timetrial's source folder, which a workload is compiled in; name it "
                     "with --dir");
  }
  const auto code = fs::path("workloads") / name, tests = fs::path("tests/workloads") / name;
  write_folders(name, source, {{"workload", code}, {"workload_test", tests}});
  return {source / code, source / tests};
}

}  // namespace timetrial::skeleton
