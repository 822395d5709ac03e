#include "harness/hardware/settings.h"

#include <fmt/core.h>
#include <sched.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace timetrial::hardware {
namespace {

// OpenMP's, GNU's and Intel's runtimes, MKL, oneDNN, and LibTorch's own.
constexpr std::array kThreadVariables{
    "OMP_NUM_THREADS",    "OMP_PROC_BIND",      "OMP_PLACES",        "OMP_DYNAMIC",
    "OMP_SCHEDULE",       "OMP_WAIT_POLICY",    "GOMP_CPU_AFFINITY", "KMP_AFFINITY",
    "KMP_BLOCKTIME",      "MKL_NUM_THREADS",    "MKL_DYNAMIC",       "MKL_ENABLE_INSTRUCTIONS",
    "ONEDNN_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY"};

std::vector<int> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

/// Of the numbers in a sequence of texts, which may be none.
class Mean {
 public:
  void add(double value) {
    sum_ += value;
    ++count_;
  }
  std::optional<double> value() const {
    return count_ > 0 ? std::optional(sum_ / count_) : std::nullopt;
  }

 private:
  double sum_ = 0;
  int count_ = 0;
};

std::optional<double> cpufreq_mhz(const std::filesystem::path& sys) {
  Mean mean;
  for (int cpu = 0;; ++cpu) {
    const auto folder = sys / fmt::format("devices/system/cpu/cpu{}", cpu);
    if (!std::filesystem::exists(folder)) return mean.value();
    double khz = 0;
    if (std::ifstream(folder / "cpufreq/scaling_cur_freq") >> khz) mean.add(khz * 1e-3);
  }
}

std::optional<double> cpuinfo_mhz(const std::filesystem::path& proc) {
  Mean mean;
  std::ifstream in(proc / "cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("cpu MHz")) continue;
    double mhz = 0;
    if (std::istringstream(line.substr(line.find(':') + 1)) >> mhz) mean.add(mhz);
  }
  return mean.value();
}

}  // namespace

Settings detect_settings() {
  Settings settings;
  settings.cpus = allowed_cpus();
  for (const char* name : kThreadVariables) {
    if (const char* value = std::getenv(name)) settings.threads[name] = value;
  }
  return settings;
}

std::string to_json(const Settings& settings) {
  return nlohmann::ordered_json{{"affinity", cpu_list(settings.cpus)},
                                {"thread_settings", settings.threads}}
      .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string cpu_list(const std::vector<int>& cpus) {
  std::string text;
  for (std::size_t first = 0; first < cpus.size();) {
    std::size_t last = first;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    text += fmt::format("{}{}", text.empty() ? "" : ",", cpus[first]);
    if (last > first) text += fmt::format("-{}", cpus[last]);
    first = last + 1;
  }
  return text;
}

std::optional<double> cpu_quota(const std::filesystem::path& sys) {
  double quota = 0, period = 0;
  std::ifstream in(sys / "fs/cgroup/cpu.max");  // "max 100000" without a limit
  if (in >> quota >> period && period > 0) return quota / period;
  return std::nullopt;
}

std::optional<double> current_mhz(const std::filesystem::path& proc,
                                  const std::filesystem::path& sys) {
  const auto mhz = cpufreq_mhz(sys);
  return mhz ? mhz : cpuinfo_mhz(proc);
}

}  // namespace timetrial::hardware
