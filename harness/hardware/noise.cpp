#include "harness/hardware/noise.h"

#include "harness/clock/clock.h"
#include "harness/hardware/cpu_times.h"
#include "harness/hardware/settings.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <limits>
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

/// Milliseconds that a chain of multiplications and additions takes, a few million cycles: the
/// least of some tries, since a single one may have been interrupted.
double reference_ms() {
  constexpr int kTries = 5, kLinks = 500'000;
  double least = std::numeric_limits<double>::infinity();
  const clock::SteadyClock clock;
  for (int i = 0; i < kTries; ++i) {
    const auto start = clock.now();
    volatile double start_value = 0.5;  // so that nothing of the chain is computed beforehand
    double value = start_value;
    for (int link = 0; link < kLinks; ++link) value = value * 0.999999 + 1e-6;
    start_value = value;
    least = std::min(least, clock::seconds(clock.now() - start) * 1e3);
  }
  return least;
}

template <typename Value>
nlohmann::ordered_json or_null(const std::optional<Value>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

template <typename Value>
std::optional<Value> difference(const std::optional<Value>& before,
                                const std::optional<Value>& after) {
  if (!before || !after) return std::nullopt;
  return *after - *before;
}

}  // namespace

NoiseProbe::NoiseProbe(pid_t pid, Sources sources) : pid_(pid), sources_(std::move(sources)) {
  if (sources_.cpus.empty()) sources_.cpus = detect_settings().cpus;
  before_ = sample();
}

NoiseProbe::Sample NoiseProbe::sample() const {
  Sample result;
  std::ifstream(sources_.proc / "uptime") >> result.uptime_s;
  std::ifstream(sources_.proc / "loadavg") >> result.load;
  result.mhz = current_mhz(sources_.proc, sources_.sys);
  result.reference_ms = reference_ms();
  const auto ticks = read_cpu_ticks(sources_.proc, sources_.cpus);
  result.all_ticks = ticks.all;
  result.busy_ticks = ticks.busy;
  result.steal_ticks = ticks.steal;
  result.own_ticks = read_own_ticks(sources_.proc);
  result.cpu_pressure_s = pressure_s(sources_.proc / "pressure" / "cpu");
  result.involuntary_switches = switches_of(sources_.proc / std::to_string(pid_));
  result.throttling = read_throttle_counters(sources_.sys, sources_.cpus, sources_.gpus);
  return result;
}

bool NoiseProbe::has_quota() const {
  const auto quota = cpu_quota(sources_.sys);
  return quota && *quota < static_cast<double>(sources_.cpus.size());
}

void NoiseProbe::look() {
  const auto switches = switches_of(sources_.proc / std::to_string(pid_));
  if (switches) last_switches_ = switches;
  last_own_ticks_ = read_own_ticks(sources_.proc);
}

Noise NoiseProbe::stop() const {
  const Sample after = sample();
  Noise noise;
  noise.duration_s = after.uptime_s - before_.uptime_s;
  noise.load_before = before_.load;
  noise.load_after = after.load;
  noise.mhz_before = before_.mhz;
  noise.mhz_after = after.mhz;
  noise.reference_ms_before = before_.reference_ms;
  noise.reference_ms_after = after.reference_ms;
  const double steal = after.steal_ticks - before_.steal_ticks;
  noise.steal_s = steal / ticks_per_s();
  if (const double all = after.all_ticks - before_.all_ticks; all > 0) {
    const double busy = after.busy_ticks - before_.busy_ticks;
    const double own = std::max(after.own_ticks, last_own_ticks_) - before_.own_ticks;
    noise.steal_fraction = steal / all;
    noise.busy_fraction = busy / all;
    if (!has_quota()) noise.others_fraction = std::clamp((busy - own) / all, 0.0, 1.0);
  }
  noise.cpu_pressure_s = difference(before_.cpu_pressure_s, after.cpu_pressure_s);
  noise.involuntary_switches =
      difference(before_.involuntary_switches,
                 after.involuntary_switches ? after.involuntary_switches : last_switches_);
  noise.throttle_events = most_events(before_.throttling, after.throttling);
  const auto throttled_s = most_time_s(before_.throttling, after.throttling);
  if (throttled_s && noise.duration_s > 0) {
    noise.throttled_fraction = std::clamp(*throttled_s / noise.duration_s, 0.0, 1.0);
  }
  return noise;
}

std::string to_json(const Noise& noise) {
  return nlohmann::ordered_json{{"duration_s", noise.duration_s},
                                {"load_before", noise.load_before},
                                {"load_after", noise.load_after},
                                {"mhz_before", or_null(noise.mhz_before)},
                                {"mhz_after", or_null(noise.mhz_after)},
                                {"reference_ms_before", noise.reference_ms_before},
                                {"reference_ms_after", noise.reference_ms_after},
                                {"steal_s", noise.steal_s},
                                {"steal_fraction", noise.steal_fraction},
                                {"busy_fraction", noise.busy_fraction},
                                {"others_fraction", or_null(noise.others_fraction)},
                                {"cpu_pressure_s", or_null(noise.cpu_pressure_s)},
                                {"involuntary_switches", or_null(noise.involuntary_switches)},
                                {"throttle_events", or_null(noise.throttle_events)},
                                {"throttled_fraction", or_null(noise.throttled_fraction)},
                                {"step_drift", or_null(noise.step_drift)}}
      .dump();
}

}  // namespace timetrial::hardware
