#include "harness/manifest/manifest.h"

#include "harness/trial/error.h"
#include "harness/trial/sha256.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace timetrial::manifest {
namespace {

using nlohmann::json;
constexpr std::uint64_t kFormat = 1;

/// All regular files below `folder` by their relative path, without the manifest.
std::vector<std::string> paths_below(const std::filesystem::path& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_directory() && !entry.is_symlink()) continue;
    const auto path = entry.path().lexically_relative(folder).generic_string();
    if (path == kFileName) continue;
    if (!entry.is_regular_file() || entry.is_symlink()) {
      throw InputError(entry.path().string() + ": not a regular file; a data set holds only those");
    }
    paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

File describe(const std::filesystem::path& folder, const std::string& path) {
  const auto file = folder / path;
  return {path, std::filesystem::file_size(file), sha256_of_file(file)};
}

/// An absolute path or one with ".." would let a manifest speak of files outside its folder.
bool stays_inside(const std::string& path) {
  const std::filesystem::path relative(path);
  return !path.empty() && relative.is_relative() &&
         std::find(relative.begin(), relative.end(), "..") == relative.end();
}

/// A fraction, or a number beyond 64 bits, has no value as an integer: to convert it is undefined.
std::uint64_t whole_number(const json& object, const char* key) {
  const json& number = object.at(key);
  if (!number.is_number_unsigned()) {
    throw std::runtime_error(fmt::format("{} is no whole number from 0 up", key));
  }
  return number.get<std::uint64_t>();
}

Manifest parse(const json& document) {
  if (const auto format = whole_number(document, "format"); format != kFormat) {
    throw std::runtime_error(fmt::format("format is {}, this program reads {}", format, kFormat));
  }
  Manifest manifest;
  manifest.dataset = document.at("dataset").get<std::string>();
  manifest.workload = document.at("workload").get<std::string>();
  manifest.packages = document.at("packages").get<std::map<std::string, std::string>>();
  for (const auto& entry : document.at("files")) {
    File file{entry.at("path").get<std::string>(), whole_number(entry, "bytes"),
              entry.at("sha256").get<std::string>()};
    if (!stays_inside(file.path)) {
      throw std::runtime_error(fmt::format("path '{}' leads out of the folder", file.path));
    }
    manifest.files.push_back(std::move(file));
  }
  return manifest;
}

}  // namespace

std::uint64_t Manifest::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& file : files) sum += file.bytes;
  return sum;
}

std::vector<File> list_files(const std::filesystem::path& folder) {
  std::vector<File> files;
  for (const auto& path : paths_below(folder)) files.push_back(describe(folder, path));
  return files;
}

void write(const std::filesystem::path& folder, const Manifest& manifest) {
  json files = json::array();
  for (const auto& file : manifest.files) {
    files.push_back({{"path", file.path}, {"bytes", file.bytes}, {"sha256", file.sha256}});
  }
  const json document{{"format", kFormat},
                      {"dataset", manifest.dataset},
                      {"workload", manifest.workload},
                      {"packages", manifest.packages},
                      {"files", files}};
  std::ofstream out(folder / kFileName);
  out << document.dump(2) << '\n';
  out.close();
  if (!out) throw std::runtime_error((folder / kFileName).string() + ": cannot be written");
}

Manifest read(const std::filesystem::path& folder) {
  const auto file = folder / kFileName;
  std::ifstream in(file);
  if (!in) {
    throw InputError(file.string() + ": not there; run: timetrial data prepare " +
                     folder.filename().string());
  }
  try {
    return parse(json::parse(in));
  } catch (const std::exception& error) {
    throw InputError(fmt::format("{}: {}; run: timetrial data prepare {}", file.string(),
                                 error.what(), folder.filename().string()));
  }
}

std::vector<std::string> differences(const std::filesystem::path& folder,
                                     const Manifest& manifest) {
  std::vector<std::string> found;
  std::map<std::string, File> wanted;
  for (const auto& file : manifest.files) wanted[file.path] = file;
  for (const auto& path : paths_below(folder)) {
    const auto known = wanted.find(path);
    const auto name = (folder / path).string();
    if (known == wanted.end()) {
      found.push_back(name + ": not in the manifest");
      continue;
    }
    const auto bytes = std::filesystem::file_size(folder / path);
    if (bytes != known->second.bytes) {
      found.push_back(fmt::format("{}: {} bytes, expected {}", name, bytes, known->second.bytes));
    } else if (sha256_of_file(folder / path) != known->second.sha256) {
      found.push_back(name + ": its content changed (SHA-256 differs)");
    }
    wanted.erase(known);
  }
  for (const auto& [path, file] : wanted) found.push_back((folder / path).string() + ": missing");
  return found;
}

std::string data_hash(const Manifest& manifest) {
  auto files = manifest.files;
  std::sort(files.begin(), files.end(),
            [](const File& a, const File& b) { return a.path < b.path; });
  Sha256 hash;
  for (const auto& file : files) {
    hash.update(fmt::format("{} {} {}\n", file.path, file.bytes, file.sha256));
  }
  return hash.hex();
}

}  // namespace timetrial::manifest
