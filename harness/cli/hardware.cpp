// timetrial hardware: what machine this is, and which profile's results it may add to.
#include "harness/cli/command.h"
#include "harness/hardware/fingerprint.h"
#include "harness/hardware/profile.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace timetrial::cli {
namespace {

void print_text(const hardware::Fingerprint& fingerprint) {
  const auto line = [](const char* name, const std::string& value) {
    fmt::print("{:<12}{}\n", name, value);
  };
  line("CPU", fingerprint.cpu_model + (fingerprint.virtual_machine ? " (virtual machine)" : ""));
  line("CPUs", fmt::format("{} usable, {} on the machine, {} cores", fingerprint.usable_cpus,
                           fingerprint.machine_cpus, fingerprint.machine_cores));
  line("Extensions", fmt::format("{}", fmt::join(fingerprint.cpu_flags, " ")));
  line("Memory", fmt::format("{} MiB", fingerprint.memory_mb));
  line("Kernel", fingerprint.kernel);
  line("Governor", fingerprint.governor);
  if (fingerprint.gpus.empty()) line("GPU", "none");
  for (const auto& gpu : fingerprint.gpus) {
    line("GPU", fmt::format("{}, {} MiB, driver {}", gpu.name, gpu.memory_mb, gpu.driver));
  }
  line("Fingerprint", hardware::hash(fingerprint));
  line("Profile", hardware::profile_name(fingerprint));
  for (const auto& name : hardware::profile_names()) {
    for (const auto& problem : hardware::mismatches(hardware::load_profile(name), fingerprint)) {
      fmt::print("{:<12}not {}: {}\n", "", name, problem);
    }
  }
}

void print_json(const hardware::Fingerprint& fingerprint) {
  auto json = nlohmann::ordered_json::parse(hardware::to_json(fingerprint));
  json["fingerprint"] = hardware::hash(fingerprint);
  json["profile"] = hardware::profile_name(fingerprint);
  fmt::print("{}\n", json.dump(2));
}

void add(CommandLine app, Program&) {
  auto command = app.add_subcommand("hardware", "Show this machine and its hardware profile");
  command.require_subcommand();
  auto show = command.add_subcommand("show", "Print CPU, memory, GPUs, fingerprint and profile");
  show.footer(
      "Scores never mix profiles; \"other\" means that this machine is of no known one.\n"
      "Examples:\n"
      "  timetrial hardware show\n"
      "  timetrial hardware show --json");
  auto json = std::make_shared<bool>(false);
  show.add_flag("--json", *json, "Print one JSON object");
  show.callback([json] {
    const auto fingerprint = hardware::detect();
    *json ? print_json(fingerprint) : print_text(fingerprint);
  });
}

const bool registered = add_command({"hardware", Group::upkeep, add});

}  // namespace
}  // namespace timetrial::cli
