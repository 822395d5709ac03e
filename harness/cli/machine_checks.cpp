#include "harness/cli/machine_checks.h"

#include "harness/sandbox/file_access.h"
#include "harness/sandbox/namespaces.h"

#include <fmt/core.h>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

namespace timetrial::cli {
namespace {

namespace fs = std::filesystem;

/// LibTorch, the data and two models of the mini suite in referee and worker: measured under 3 GB.
constexpr double kLeastMemoryGb = 4;

std::optional<std::string> first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  return line;
}

/// A field of /proc/meminfo in GB (10^9 bytes); 0 if absent.
double memory_gb(const fs::path& root, const std::string& field) {
  std::ifstream in(root / "proc/meminfo");
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name;
    double kib = 0;
    if (words >> name >> kib && name == field + ":") return kib * 1024 / 1e9;
  }
  return 0;
}

Check memory(const fs::path& root) {
  const double total = memory_gb(root, "MemTotal"), free = memory_gb(root, "MemAvailable");
  Check check{"memory", CheckState::ok, fmt::format("{:.1f} GB, {:.1f} GB free", total, free), ""};
  if (free < kLeastMemoryGb) {
    check.state = CheckState::remark;
    check.remedy =
        fmt::format("the mini suite wants {} GB free; end other programs", kLeastMemoryGb);
  }
  return check;
}

int online_cores(const fs::path& root) {
  std::ifstream in(root / "proc/cpuinfo");
  int cores = 0;
  for (std::string line; std::getline(in, line);) cores += line.starts_with("processor") ? 1 : 0;
  return cores;
}

std::string processor_model(const fs::path& root) {
  std::ifstream in(root / "proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (const auto colon = line.find(": "); line.starts_with("model name") && colon != line.npos) {
      return line.substr(colon + 2);
    }
  }
  return "unknown model";
}

Check load(const fs::path& root) {
  const auto line = first_line(root / "proc/loadavg").value_or("0");
  const double one_minute = std::stod(line);
  Check check{"load", CheckState::ok, fmt::format("{:.2f} over the last minute", one_minute), ""};
  if (one_minute > 0.5) {
    check.state = CheckState::remark;
    check.remedy = "other programs are running; times will be longer and less even";
  }
  return check;
}

Check governor(const fs::path& root) {
  std::set<std::string> governors;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(root / "sys/devices/system/cpu", none)) {
    const auto line = first_line(entry.path() / "cpufreq/scaling_governor");
    if (line) governors.insert(*line);
  }
  if (governors.empty()) return {"CPU governor", CheckState::ok, "not settable here", ""};
  std::string names;
  for (const auto& name : governors) names += (names.empty() ? "" : ", ") + name;
  if (governors == std::set<std::string>{"performance"}) {
    return {"CPU governor", CheckState::ok, names, ""};
  }
  return {"CPU governor", CheckState::remark, names,
          "for even times: cpupower frequency-set -g performance (as root)"};
}

Check power(const fs::path& root) {
  bool battery_in_use = false;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(root / "sys/class/power_supply", none)) {
    battery_in_use |= first_line(entry.path() / "status") == "Discharging";
  }
  if (!battery_in_use) return {"power", CheckState::ok, "mains", ""};
  return {"power", CheckState::remark, "battery", "plug in; batteries slow the processor down"};
}

Check gpu(const fs::path& root) {
  const auto version = first_line(root / "proc/driver/nvidia/version");
  if (!version) return {"GPU", CheckState::ok, "none; trials run on the CPU", ""};
  return {"GPU", CheckState::ok, *version, ""};
}

}  // namespace

std::vector<Check> machine_checks(const fs::path& root) {
  const Check processor{"processor", CheckState::ok,
                        fmt::format("{} cores, {}", online_cores(root), processor_model(root)), ""};
  return {processor, memory(root), load(root), governor(root), power(root), gpu(root)};
}

Check sandbox_check() {
  const int landlock = sandbox::landlock_version();
  const std::string second =
      landlock > 0 ? fmt::format("Landlock {}", landlock) : "no Landlock in this kernel";
  const std::string reason = sandbox::why_no_namespaces();
  if (reason.empty()) return {"sandbox", CheckState::ok, "namespaces, " + second, ""};
  return {"sandbox", CheckState::missing, "no namespaces, " + second, reason};
}

}  // namespace timetrial::cli
