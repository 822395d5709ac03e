#include "harness/cli/workload_catalog.h"

#include "harness/cli/sibling_process.h"
#include "harness/trial/sha256.h"
#include "harness/trial/suggest.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

namespace timetrial::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Empty when the environment names no place for caches.
fs::path cache_folder() {
  if (const char* given = std::getenv("XDG_CACHE_HOME"); given && *given) {
    return fs::path(given) / "timetrial";
  }
  if (const char* home = std::getenv("HOME"); home && *home) {
    return fs::path(home) / ".cache" / "timetrial";
  }
  return {};
}

fs::path cache_file(const fs::path& worker) {
  struct stat status {};
  if (stat(worker.c_str(), &status) != 0) {
    throw std::system_error(errno, std::generic_category(), worker.string());
  }
  const auto identity = fmt::format("{} {} {}.{}", fs::canonical(worker).string(), status.st_size,
                                    status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  return cache_folder() / ("describe-" + sha256_hex(identity).substr(0, 16) + ".json");
}

/// Discarded when the file is not there or holds no list.
Json read_cache(const fs::path& file) {
  std::ifstream in(file);
  auto catalog = Json::parse(in, nullptr, /*allow_exceptions=*/false);
  return catalog.is_array() ? catalog : Json(Json::value_t::discarded);
}

/// Whole or not at all: other processes may read or write the same file.
void write_cache(const fs::path& file, const std::string& text) {
  std::error_code ignored;
  fs::create_directories(file.parent_path(), ignored);
  const auto making = file.string() + "." + std::to_string(getpid());
  std::ofstream out(making);
  out << text;
  out.close();
  if (out) {
    fs::rename(making, file, ignored);
  } else {
    fs::remove(making, ignored);
  }
}

std::string ask_worker(const Program& program) {
  const auto result = run_sibling(program, "timetrial-worker", {"describe"});
  if (succeeded(result)) return result.output;
  throw std::runtime_error("timetrial-worker describe " + sandbox::describe(result.status) +
                           "; run: timetrial doctor");
}

}  // namespace

Json workload_catalog(const Program& program) {
  const auto worker = sibling(program, "timetrial-worker");
  const bool cached = !cache_folder().empty();
  if (cached) {
    auto catalog = read_cache(cache_file(worker));
    if (!catalog.is_discarded()) return catalog;
  }
  const auto text = ask_worker(program);
  auto catalog = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!catalog.is_array()) {
    throw std::runtime_error("timetrial-worker describe printed no list; run: timetrial doctor");
  }
  if (cached) write_cache(cache_file(worker), text);
  return catalog;
}

Json workload_facts(const Program& program, const std::string& name) {
  std::vector<std::string> known;
  for (auto& workload : workload_catalog(program)) {
    known.push_back(workload.at("name"));
    if (known.back() == name) return workload;
  }
  throw InputError(unknown_name("workload", name, known));
}

}  // namespace timetrial::cli
