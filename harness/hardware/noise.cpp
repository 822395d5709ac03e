#include "harness/hardware/noise.h"

#include <unistd.h>
#include <nlohmann/json.hpp>

#include <array>
#include <fstream>
#include <sstream>
#include <utility>

namespace timetrial::hardware {
namespace {

/// Switches of one thread that it did not ask for, from its status file.
std::optional<std::int64_t> switches_of_thread(const std::filesystem::path& status) {
  std::ifstream in(status);
  for (std::string word; in >> word;) {
    std::int64_t count = 0;
    if (word == "nonvoluntary_ctxt_switches:" && in >> count) return count;
  }
  return std::nullopt;
}

std::optional<std::int64_t> switches_of(const std::filesystem::path& process) {
  std::optional<std::int64_t> sum;
  std::error_code error;  // threads come and go while this looks
  for (std::filesystem::directory_iterator thread(process / "task", error), end;
       !error && thread != end; thread.increment(error)) {
    if (const auto count = switches_of_thread(thread->path() / "status")) {
      sum = sum.value_or(0) + *count;
    }
  }
  return sum;
}

/// "some avg10=0.00 avg60=0.00 avg300=0.00 total=123": the total, in microseconds.
std::optional<double> pressure_s(const std::filesystem::path& file) {
  std::ifstream in(file);
  for (std::string word; in >> word;) {
    if (word.starts_with("total=")) return std::stod(word.substr(6)) * 1e-6;
  }
  return std::nullopt;
}

}  // namespace

NoiseProbe::NoiseProbe(pid_t pid, std::filesystem::path proc)
    : pid_(pid), proc_(std::move(proc)), before_(sample()) {}

NoiseProbe::Sample NoiseProbe::sample() const {
  Sample result;
  std::ifstream(proc_ / "loadavg") >> result.load;
  // "cpu user nice system idle iowait irq softirq steal guest …", in ticks (proc(5), /proc/stat);
  // guest time is part of user time.
  std::ifstream stat(proc_ / "stat");
  std::string label;
  stat >> label;
  std::array<double, 8> ticks{};
  for (auto& value : ticks) stat >> value;
  for (const double value : ticks) result.all_ticks += value;
  result.steal_ticks = ticks[7];
  result.busy_ticks = result.all_ticks - ticks[3] - ticks[4] - ticks[7];
  result.cpu_pressure_s = pressure_s(proc_ / "pressure" / "cpu");
  result.involuntary_switches = switches_of(proc_ / std::to_string(pid_));
  return result;
}

Noise NoiseProbe::stop() const {
  const Sample after = sample();
  Noise noise;
  noise.load_before = before_.load;
  noise.load_after = after.load;
  const auto ticks_per_s = static_cast<double>(::sysconf(_SC_CLK_TCK));
  noise.steal_s = (after.steal_ticks - before_.steal_ticks) / ticks_per_s;
  const double all = after.all_ticks - before_.all_ticks;
  if (all > 0) noise.busy_fraction = (after.busy_ticks - before_.busy_ticks) / all;
  if (before_.cpu_pressure_s && after.cpu_pressure_s) {
    noise.cpu_pressure_s = *after.cpu_pressure_s - *before_.cpu_pressure_s;
  }
  if (before_.involuntary_switches && after.involuntary_switches) {
    noise.involuntary_switches = *after.involuntary_switches - *before_.involuntary_switches;
  }
  return noise;
}

std::string to_json(const Noise& noise) {
  nlohmann::ordered_json json{
      {"load_before", noise.load_before}, {"load_after", noise.load_after},
      {"steal_s", noise.steal_s},         {"busy_fraction", noise.busy_fraction},
      {"cpu_pressure_s", nullptr},        {"involuntary_switches", nullptr}};
  if (noise.cpu_pressure_s) json["cpu_pressure_s"] = *noise.cpu_pressure_s;
  if (noise.involuntary_switches) json["involuntary_switches"] = *noise.involuntary_switches;
  return json.dump();
}

}  // namespace timetrial::hardware
