#include "harness/hardware/profile.h"

#include "harness/tomlfile/compiled_table.h"
#include "harness/tomlfile/strict_table.h"
#include "harness/trial/error.h"
#include "harness/trial/suggest.h"

#include <fmt/core.h>

#include <algorithm>

namespace timetrial::hardware {

/// hardware_profiles/*.toml, sorted by name; defined by CMake.
const std::vector<tomlfile::CompiledTable>& compiled_tables();

namespace {

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

std::string profile_name(const Fingerprint& fingerprint) {
  for (const auto& name : profile_names()) {
    if (matches(load_profile(name), fingerprint)) return name;
  }
  return "other";
}

}  // namespace timetrial::hardware
