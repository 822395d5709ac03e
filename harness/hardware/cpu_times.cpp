#include "harness/hardware/cpu_times.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>

namespace timetrial::hardware {
namespace {

/// "user nice system idle iowait irq softirq steal guest …"; guest time is part of user time.
CpuTicks parse_cpu(std::istream& fields) {
  std::array<double, 8> ticks{};
  for (auto& value : ticks) fields >> value;
  CpuTicks result;
  for (const double value : ticks) result.all += value;
  result.steal = ticks[7];
  result.busy = result.all - ticks[3] - ticks[4] - ticks[7];
  return result;
}

struct Process {
  int parent = 0;
  double ticks = 0;  ///< its own, and that of children it waited for
};

/// The name field may hold anything, so fields are counted from the last ')'.
std::optional<Process> read_process(const std::filesystem::path& folder, int* pid = nullptr) {
  std::ifstream in(folder / "stat");
  std::string line;
  std::getline(in, line);
  const auto close = line.rfind(')');
  if (close == std::string::npos) return std::nullopt;
  if (pid != nullptr) std::istringstream(line) >> *pid;
  std::istringstream fields(line.substr(close + 1));
  std::string state, skipped;
  Process process;
  fields >> state >> process.parent;
  constexpr int kBetween = 9;  // pgrp … cmajflt
  for (int i = 0; i < kBetween; ++i) fields >> skipped;
  for (int i = 0; i < 4; ++i) {  // utime stime cutime cstime
    double ticks = 0;
    fields >> ticks;
    process.ticks += ticks;
  }
  return process;
}

std::multimap<int, std::pair<int, double>> processes_by_parent(const std::filesystem::path& proc) {
  std::multimap<int, std::pair<int, double>> children;
  std::error_code error;  // processes come and go while this looks
  for (std::filesystem::directory_iterator entry(proc, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (const auto process = read_process(entry->path())) {
      children.emplace(process->parent, std::pair(std::stoi(name), process->ticks));
    }
  }
  return children;
}

}  // namespace

CpuTicks read_cpu_ticks(const std::filesystem::path& proc, const std::vector<int>& cpus) {
  CpuTicks sum, machine;
  bool listed = false;
  std::ifstream in(proc / "stat");
  for (std::string line; std::getline(in, line) && line.starts_with("cpu");) {
    std::istringstream fields(line.substr(3));
    if (line.starts_with("cpu ")) {
      machine = parse_cpu(fields);
      continue;
    }
    int cpu = -1;
    fields >> cpu;
    if (std::find(cpus.begin(), cpus.end(), cpu) == cpus.end()) continue;
    const auto ticks = parse_cpu(fields);
    sum = {sum.all + ticks.all, sum.busy + ticks.busy, sum.steal + ticks.steal};
    listed = true;
  }
  return listed ? sum : machine;
}

double read_own_ticks(const std::filesystem::path& proc) {
  int self = 0;
  const auto own = read_process(proc / "self", &self);
  if (!own) return 0;
  const auto children = processes_by_parent(proc);
  double ticks = own->ticks;
  std::vector<int> open{self};
  while (!open.empty()) {
    const int parent = open.back();
    open.pop_back();
    const auto [first, last] = children.equal_range(parent);
    for (auto child = first; child != last; ++child) {
      ticks += child->second.second;
      open.push_back(child->second.first);
    }
  }
  return ticks;
}

double ticks_per_s() { return static_cast<double>(::sysconf(_SC_CLK_TCK)); }

}  // namespace timetrial::hardware
