#include "harness/hardware/profile.h"

#include "harness/tomlfile/compiled_table.h"
#include "harness/tomlfile/strict_table.h"
#include "harness/trial/error.h"
#include "harness/trial/suggest.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

namespace timetrial::hardware {

/// hardware_profiles/*.toml, sorted by name; defined by CMake.
const std::vector<tomlfile::CompiledTable>& compiled_tables();

namespace {

constexpr char kOtherProfile[] = "other";

NoiseLimits read_noise_limits(tomlfile::Table table) {
  NoiseLimits limits;
  const auto set = [&](const char* key, double& limit, double max) {
    if (table.contains(key)) limit = table.number(key, 0, max);
  };
  set("steal_fraction_max", limits.steal_fraction, 1);
  set("others_fraction_max", limits.others_fraction, 1);
  set("throttled_fraction_max", limits.throttled_fraction, 1);
  set("judged_from_s", limits.judged_from_s, 1e9);
  if (table.contains("step_drift_max")) limits.step_drift = table.number("step_drift_max", 0);
  table.refuse_others();
  return limits;
}

Qualification read_qualification(tomlfile::Table table) {
  Qualification qualification;
  qualification.threads = table.integer("threads", 1, 4096);
  for (const auto& measure : kMeasures) {
    if (!table.contains(measure.key)) continue;
    auto range = table.table(measure.key);
    const double min = range.number("min", 0);
    qualification.ranges[measure.key] = {min, range.number("max", min)};
    range.refuse_others();
  }
  table.refuse_others();
  return qualification;
}

Profile read_profile(const tomlfile::Document& document) {
  auto table = document.root();
  Profile profile;
  profile.name = table.text("name");
  profile.description = table.text("description");
  profile.cpus_min = table.number("cpus_min", 0.1);
  profile.cpus_max = table.number("cpus_max", profile.cpus_min);
  profile.memory_mb_min = table.integer("memory_mb_min", 0);
  profile.memory_mb_max = table.integer("memory_mb_max", profile.memory_mb_min);
  profile.gpus = table.integer("gpus", 0, 1024);
  if (profile.gpus > 0) profile.gpu_name = table.text("gpu_name");
  if (table.contains("trial_memory_mb")) {
    profile.trial_memory_mb = table.integer("trial_memory_mb", 0);
  }
  if (table.contains("noise")) profile.noise = read_noise_limits(table.table("noise"));
  if (table.contains("qualification")) {
    profile.qualification = read_qualification(table.table("qualification"));
  }
  table.refuse_others();
  return profile;
}

/// "2" or "2 to 4"
template <typename Number>
std::string range(Number min, Number max) {
  return min == max ? fmt::format("{}", min) : fmt::format("{} to {}", min, max);
}

}  // namespace

std::vector<std::string> profile_names() {
  std::vector<std::string> names;
  for (const auto& table : compiled_tables()) names.push_back(table.name);
  return names;
}

Profile load_profile(const std::string& name) {
  if (name.ends_with(".toml")) return read_profile(tomlfile::Document::read(name));
  for (const auto& table : compiled_tables()) {
    if (table.name == name) {
      return read_profile(tomlfile::Document::parse(table.text, name + ".toml"));
    }
  }
  throw InputError(unknown_name("hardware profile", name, profile_names()) +
                   " A profile of your own is a path that ends in .toml");
}

std::vector<std::string> mismatches(const Profile& profile, const Fingerprint& fingerprint) {
  std::vector<std::string> problems;
  if (fingerprint.usable_cpus < profile.cpus_min || fingerprint.usable_cpus > profile.cpus_max) {
    problems.push_back(fmt::format("{} usable CPUs, not {}", fingerprint.usable_cpus,
                                   range(profile.cpus_min, profile.cpus_max)));
  }
  if (fingerprint.memory_mb < profile.memory_mb_min ||
      fingerprint.memory_mb > profile.memory_mb_max) {
    problems.push_back(fmt::format("{} MiB of memory, not {}", fingerprint.memory_mb,
                                   range(profile.memory_mb_min, profile.memory_mb_max)));
  }
  const auto gpus = static_cast<std::int64_t>(fingerprint.gpus.size());
  if (gpus != profile.gpus) problems.push_back(fmt::format("{} GPUs, not {}", gpus, profile.gpus));
  for (const auto& gpu : fingerprint.gpus) {
    if (profile.gpus > 0 && !glob_match(profile.gpu_name, gpu.name)) {
      problems.push_back(fmt::format("GPU '{}', not '{}'", gpu.name, profile.gpu_name));
    }
  }
  return problems;
}

Profile machine_profile(const Fingerprint& fingerprint) {
  if (const char* given = std::getenv("TIMETRIAL_HARDWARE_PROFILE")) {
    Profile profile = load_profile(given);
    const auto problems = mismatches(profile, fingerprint);
    if (problems.empty()) return profile;
    throw InputError(
        fmt::format("TIMETRIAL_HARDWARE_PROFILE={}: this machine is not of that profile ({}); name "
                    "another one, "
                    "or unset it",
                    given, fmt::join(problems, "; ")));
  }
  for (const auto& name : profile_names()) {
    Profile profile = load_profile(name);
    if (matches(profile, fingerprint)) return profile;
  }
  Profile other;
  other.name = kOtherProfile;
  other.description = "A machine of no known profile";
  return other;
}

std::string machine_class(const Profile& profile, const Fingerprint& fingerprint) {
  if (profile.name != kOtherProfile) return profile.name;
  std::string gpus;
  for (const auto& gpu : fingerprint.gpus) gpus += ", " + gpu.name;
  return fmt::format("{} ({}, {} CPUs{})", profile.name, fingerprint.cpu_model,
                     fingerprint.usable_cpus, gpus);
}

}  // namespace timetrial::hardware
