// timetrial hardware profile: what a machine of a profile must have and can do.
#include "harness/cli/hardware_parts.h"
#include "harness/hardware/fingerprint.h"
#include "harness/hardware/profile.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace timetrial::cli {
namespace {

struct Options {
  std::string name;
  bool json = false;
};

void line(const char* name, const std::string& value) { fmt::print("{:<16}{}\n", name, value); }

template <typename Number>
std::string range(Number min, Number max) {
  return min == max ? fmt::format("{:g}", double(min))
                    : fmt::format("{:g} to {:g}", double(min), double(max));
}

void print_limits(const hardware::NoiseLimits& limits) {
  const auto percent = [](double fraction) {
    return fmt::format("at most {:g} %", 100 * fraction);
  };
  line("Steal", percent(limits.steal_fraction));
  line("Other processes", percent(limits.others_fraction));
  line("Throttled", percent(limits.throttled_fraction));
  line("Step drift", limits.step_drift ? percent(*limits.step_drift) : "not judged");
  line("Judged from", fmt::format("{:g} s", limits.judged_from_s));
}

void print_ranges(const hardware::Qualification& qualification) {
  if (qualification.ranges.empty()) {
    line("Qualification", "nothing is known to compare with");
    return;
  }
  line("Qualification", fmt::format("with {} threads", qualification.threads));
  for (const auto& measure : hardware::kMeasures) {
    const auto found = qualification.ranges.find(measure.key);
    if (found == qualification.ranges.end()) continue;
    fmt::print("  {:<22}{} {}\n", measure.key, range(found->second.min, found->second.max),
               measure.unit);
  }
}

void print_text(const hardware::Profile& profile) {
  line("Profile", profile.name);
  line("Description", profile.description);
  line("CPUs", range(profile.cpus_min, profile.cpus_max));
  line("Memory", range(profile.memory_mb_min, profile.memory_mb_max) + " MiB");
  line("GPUs", profile.gpus == 0 ? "none" : fmt::format("{} x {}", profile.gpus, profile.gpu_name));
  line("Trial memory", profile.trial_memory_mb == 0
                           ? "as the rule set says"
                           : fmt::format("{} MiB", profile.trial_memory_mb));
  print_limits(profile.noise);
  print_ranges(profile.qualification);
}

void list(bool json) {
  const auto mine = hardware::machine_profile(hardware::detect());
  auto rows = nlohmann::ordered_json::array();
  for (const auto& name : hardware::profile_names()) {
    const auto profile = hardware::load_profile(name);
    rows.push_back({{"name", name}, {"description", profile.description}});
    if (!json) fmt::print("{:<18}{}\n", name, profile.description);
  }
  if (json) {
    fmt::print("{}\n",
               nlohmann::ordered_json{{"profiles", rows}, {"this_machine", mine.name}}.dump(2));
  } else {
    fmt::print("\nThis machine: {}\n", mine.name);
  }
}

void show(const Options& options) {
  if (options.name.empty()) return list(options.json);
  const auto profile = hardware::load_profile(options.name);
  if (options.json) {
    fmt::print("{}\n", nlohmann::ordered_json::parse(hardware::to_json(profile)).dump(2));
  } else {
    print_text(profile);
  }
}

}  // namespace

void add_hardware_profile(CommandLine hardware, Program&) {
  auto options = std::make_shared<Options>();
  auto profile = hardware.add_subcommand("profile", "Print a hardware profile, or list all");
  profile.add_option("NAME", options->name, "A profile's name, or a .toml file (default: list)");
  profile.add_flag("--json", options->json, "Print one JSON object");
  profile.footer(
      "TIMETRIAL_HARDWARE_PROFILE names the profile of this machine where it is of no known one.\n"
      "Examples:\n"
      "  timetrial hardware profile\n"
      "  timetrial hardware profile cpu-2core\n"
      "  timetrial hardware profile mine.toml --json");
  profile.callback([options] { show(*options); });
}

}  // namespace timetrial::cli
