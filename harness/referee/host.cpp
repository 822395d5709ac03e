#include "harness/referee/host.h"

#include "harness/hardware/settings.h"
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

std::string host_json(const RefereeOptions& options, const hardware::Profile& profile,
                      const hardware::Fingerprint& fingerprint) {
  std::array<double, 3> load{};
  getloadavg(load.data(), static_cast<int>(load.size()));
  nlohmann::json json{{"referee_pid", getpid()},
                      {"device", options.device},
                      {"threads", options.threads},
                      {"concurrent_trials", options.concurrent_trials},
                      {"load_before", load[0]},
                      {"sandbox", options.namespaces ? "full" : "none"},
                      {"landlock", sandbox::landlock_version()},
                      {"hardware_profile", profile.name},
                      {"machine_class", hardware::machine_class(profile, fingerprint)},
                      {"fingerprint", hardware::hash(fingerprint)}};
  json.update(nlohmann::json::parse(hardware::to_json(hardware::detect_settings())));
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
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
