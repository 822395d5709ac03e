#include "harness/hardware/fingerprint.h"

#include "harness/hardware/settings.h"
#include "harness/trial/sha256.h"

#include <fmt/core.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <sstream>

namespace timetrial::hardware {
namespace {

// What LibTorch and oneDNN choose their kernels by.
constexpr std::array kFlags{"sse4_2",   "avx",         "avx2",        "fma",      "avx512f",
                            "avx512bw", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16",
                            "amx_int8", "asimd",       "sve",         "bf16"};

std::string first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

/// "key : value" split at the colon, both trimmed.
std::pair<std::string, std::string> split(const std::string& line) {
  const auto trim = [](const std::string& text) {
    const auto begin = text.find_first_not_of(" \t"), end = text.find_last_not_of(" \t");
    return begin == std::string::npos ? std::string() : text.substr(begin, end - begin + 1);
  };
  const auto colon = line.find(':');
  if (colon == std::string::npos) return {};
  return {trim(line.substr(0, colon)), trim(line.substr(colon + 1))};
}

void read_flags(const std::string& text, Fingerprint& fingerprint) {
  std::istringstream words(text);
  std::set<std::string> flags;
  for (std::string word; words >> word;) {
    if (word == "hypervisor") fingerprint.virtual_machine = true;
    if (std::find(kFlags.begin(), kFlags.end(), word) != kFlags.end()) flags.insert(word);
  }
  fingerprint.cpu_flags.assign(flags.begin(), flags.end());
}

void read_cpus(const std::filesystem::path& proc, Fingerprint& fingerprint) {
  std::ifstream in(proc / "cpuinfo");
  std::set<std::pair<std::string, std::string>> cores;
  std::string package;
  for (std::string line; std::getline(in, line);) {
    const auto [key, value] = split(line);
    if (key == "processor") ++fingerprint.machine_cpus;
    if (key == "model name") fingerprint.cpu_model = value;
    if (key == "physical id") package = value;
    if (key == "core id") cores.emplace(package, value);
    if (key == "flags" || key == "Features") read_flags(value, fingerprint);
  }
  fingerprint.machine_cores = static_cast<std::int64_t>(cores.size());
  if (fingerprint.cpu_model.empty()) fingerprint.cpu_model = "unknown";
}

double usable_cpus(const std::filesystem::path& sys, std::int64_t machine_cpus) {
  const auto allowed = static_cast<double>(detect_settings().cpus.size());
  auto cpus = static_cast<double>(machine_cpus);
  if (allowed > 0) cpus = std::min(cpus, allowed);
  return std::min(cpus, cpu_quota(sys).value_or(cpus));
}

/// A frequency of cpufreq (kHz) as MHz: of those of all CPUs, which may differ, the one that
/// `choose` prefers; 0 when there is none.
template <typename Choose>
std::int64_t frequency_mhz(const Sources& sources, const char* file, Choose choose) {
  std::int64_t chosen = 0;
  for (int cpu = 0;; ++cpu) {
    const auto folder = sources.sys / fmt::format("devices/system/cpu/cpu{}", cpu);
    if (!std::filesystem::exists(folder)) return chosen / 1000;
    std::int64_t khz = 0;
    if (!(std::ifstream(folder / "cpufreq" / file) >> khz)) continue;
    chosen = chosen == 0 ? khz : choose(chosen, khz);
  }
}

std::int64_t memory_mb(const Sources& sources) {
  std::ifstream in(sources.proc / "meminfo");
  std::int64_t kib = 0;
  for (std::string line; std::getline(in, line);) {
    const auto [key, value] = split(line);
    if (key == "MemTotal") std::istringstream(value) >> kib;
  }
  std::int64_t limit = 0;  // "max" leaves it at 0
  std::istringstream(first_line(sources.sys / "fs/cgroup/memory.max")) >> limit;
  return limit > 0 ? std::min(kib >> 10, limit >> 20) : kib >> 10;
}

nlohmann::ordered_json caches_json(const std::vector<Cache>& caches) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& cache : caches) {
    const char* kind = cache.kind == 'd' ? "data" : cache.kind == 'i' ? "instruction" : "unified";
    list.push_back({{"level", cache.level},
                    {"kind", kind},
                    {"size_kb", cache.size_kb},
                    {"count", cache.count}});
  }
  return list;
}

}  // namespace

Fingerprint detect(const Sources& sources) {
  Fingerprint fingerprint;
  read_cpus(sources.proc, fingerprint);
  fingerprint.usable_cpus = usable_cpus(sources.sys, fingerprint.machine_cpus);
  fingerprint.memory_mb = memory_mb(sources);
  fingerprint.min_mhz =
      frequency_mhz(sources, "cpuinfo_min_freq", [](auto a, auto b) { return std::min(a, b); });
  fingerprint.max_mhz =
      frequency_mhz(sources, "cpuinfo_max_freq", [](auto a, auto b) { return std::max(a, b); });
  utsname system{};
  if (::uname(&system) == 0) {
    fingerprint.kernel = fmt::format("{} {} {}", system.sysname, system.release, system.machine);
  }
  const auto governor =
      first_line(sources.sys / "devices/system/cpu/cpu0/cpufreq/scaling_governor");
  if (!governor.empty()) fingerprint.governor = governor;
  if (sources.topology) fingerprint.topology = detect_topology();
  if (sources.gpus) fingerprint.gpus = detect_gpus();
  return fingerprint;
}

std::string to_json(const Fingerprint& fingerprint) {
  auto gpus = nlohmann::ordered_json::array();
  for (const auto& gpu : fingerprint.gpus) {
    gpus.push_back({{"name", gpu.name}, {"memory_mb", gpu.memory_mb}, {"driver", gpu.driver}});
  }
  const nlohmann::ordered_json json{{"cpu_model", fingerprint.cpu_model},
                                    {"cpu_flags", fingerprint.cpu_flags},
                                    {"usable_cpus", fingerprint.usable_cpus},
                                    {"machine_cpus", fingerprint.machine_cpus},
                                    {"machine_cores", fingerprint.machine_cores},
                                    {"packages", fingerprint.topology.packages},
                                    {"numa_nodes", fingerprint.topology.numa_nodes},
                                    {"caches", caches_json(fingerprint.topology.caches)},
                                    {"min_mhz", fingerprint.min_mhz},
                                    {"max_mhz", fingerprint.max_mhz},
                                    {"memory_mb", fingerprint.memory_mb},
                                    {"kernel", fingerprint.kernel},
                                    {"governor", fingerprint.governor},
                                    {"virtual_machine", fingerprint.virtual_machine},
                                    {"gpus", std::move(gpus)}};
  // Names come from the machine; bytes that are no UTF-8 must not make this fail.
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string hash(const Fingerprint& fingerprint) { return sha256_hex(to_json(fingerprint)); }

}  // namespace timetrial::hardware
