#include "harness/referee/host.h"

#include "harness/sandbox/file_access.h"

#include <unistd.h>
#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>

namespace timetrial::referee {

std::int64_t utc_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string host_json(const RefereeOptions& options) {
  std::array<double, 3> load{};
  getloadavg(load.data(), static_cast<int>(load.size()));
  return nlohmann::json{{"referee_pid", getpid()},
                        {"device", options.device},
                        {"threads", options.threads},
                        {"concurrent_trials", options.concurrent_trials},
                        {"load_before", load[0]},
                        {"sandbox", options.namespaces ? "full" : "none"},
                        {"landlock", sandbox::landlock_version()}}
      .dump();
}

std::string last_line(const std::filesystem::path& file) {
  constexpr std::streamoff kTail = 2000;
  constexpr std::size_t kReadable = 300;
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return "";
  const std::streamoff size = in.tellg();
  in.seekg(std::max<std::streamoff>(0, size - kTail));
  std::string line, last;
  while (std::getline(in, line)) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = line;
  }
  return last.substr(0, kReadable);
}

}  // namespace timetrial::referee
