// timetrial hardware qualify: measures this machine and compares it with its profile.
#include "harness/cli/hardware_parts.h"
#include "harness/cli/sibling_process.h"
#include "harness/cli/whole_file.h"
#include "harness/hardware/fingerprint.h"
#include "harness/hardware/profile.h"
#include "harness/hardware/profile_file.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <memory>

namespace timetrial::cli {
namespace {

struct Options {
  std::string profile, device;
  std::int64_t threads = 0;
  std::filesystem::path write;
  double tolerance = 0.2;
  bool json = false;
};

/// What was measured, and what came of it.
struct Verdict {
  const hardware::Profile& profile;
  const hardware::Measurement* measurement = nullptr;  ///< none: another machine altogether
  std::vector<std::string> problems;
  bool compared = false;
};

void check(const Options& options, const hardware::Profile& profile) {
  if (options.threads < 0) throw InputError("--threads: expected at least 1");
  if (!(options.tolerance > 0 && options.tolerance < 1)) {
    throw InputError("--tolerance: expected a fraction between 0 and 1, such as 0.2");
  }
  if (!options.write.empty()) {
    if (options.write.extension() != ".toml") {
      throw InputError(options.write.string() + ": a profile's file ends in .toml");
    }
    if (std::filesystem::exists(options.write)) {
      throw InputError(options.write.string() +
                       ": exists already; choose another name or remove it");
    }
    return;
  }
  const auto& known = profile.qualification;
  if (!known.ranges.empty() && options.threads > 0 && options.threads != known.threads) {
    throw InputError(fmt::format("--threads {}: the ranges of profile {} hold for {}; leave it out",
                                 options.threads, profile.name, known.threads));
  }
}

std::int64_t threads(const Options& options, const hardware::Profile& profile,
                     const hardware::Fingerprint& fingerprint) {
  if (options.threads > 0) return options.threads;
  if (profile.qualification.threads > 0) return profile.qualification.threads;
  return std::max<std::int64_t>(1, std::llround(std::floor(fingerprint.usable_cpus)));
}

hardware::Measurement measure(const Program& program, const std::string& device,
                              std::int64_t threads) {
  const auto answer =
      run_sibling(program, "timetrial-worker",
                  {"qualify", "--device", device, "--threads", std::to_string(threads)});
  if (!succeeded(answer)) {
    throw InputError("timetrial-worker could not measure device " + device +
                     "; its reason is above");
  }
  return hardware::parse_measurement(answer.output);
}

std::string range_text(const Verdict& verdict, const char* key) {
  const auto& ranges = verdict.profile.qualification.ranges;
  const auto range = ranges.find(key);
  if (!verdict.compared || range == ranges.end()) return "";
  return fmt::format("  expected {:g} to {:g}", range->second.min, range->second.max);
}

void print_text(const Verdict& verdict) {
  if (verdict.measurement != nullptr) {
    fmt::print("{} with {} threads\n", verdict.measurement->device, verdict.measurement->threads);
    for (const auto& measure : hardware::kMeasures) {
      const auto& value = verdict.measurement->values.at(measure.key);
      fmt::print("  {:<22}{:>10.5g} {:<9}({:.5g} to {:.5g}){}\n", measure.key, value.median,
                 measure.unit, value.low, value.high, range_text(verdict, measure.key));
    }
  }
  for (const auto& problem : verdict.problems) fmt::print("outside: {}\n", problem);
  if (!verdict.problems.empty()) return;
  fmt::print("{}\n", verdict.compared
                         ? fmt::format("within the ranges of profile {}", verdict.profile.name)
                         : fmt::format("profile {}: nothing is known to compare with",
                                       verdict.profile.name));
}

void print_json(const Verdict& verdict) {
  auto values = nlohmann::ordered_json::object();
  nlohmann::ordered_json json{{"profile", verdict.profile.name},
                              {"compared", verdict.compared},
                              {"qualified", verdict.compared && verdict.problems.empty()},
                              {"problems", verdict.problems}};
  if (verdict.measurement != nullptr) {
    json["device"] = verdict.measurement->device;
    json["threads"] = verdict.measurement->threads;
    for (const auto& [key, value] : verdict.measurement->values) {
      json["measured"][key] = {{"median", value.median},
                               {"low", value.low},
                               {"high", value.high},
                               {"repeats", value.repeats}};
    }
  }
  json["expected"] =
      nlohmann::ordered_json::parse(hardware::to_json(verdict.profile))["qualification"];
  fmt::print("{}\n", json.dump(2));
}

ExitCode show(const Options& options, const Verdict& verdict) {
  options.json ? print_json(verdict) : print_text(verdict);
  return verdict.problems.empty() ? ExitCode::done : ExitCode::check_failed;
}

ExitCode qualify(const Program& program, const Options& options) {
  const auto fingerprint = hardware::detect();
  const auto profile = options.profile.empty() ? hardware::machine_profile(fingerprint)
                                               : hardware::load_profile(options.profile);
  check(options, profile);
  const bool writes = !options.write.empty();
  if (!options.profile.empty() && !writes) {
    const auto others = hardware::mismatches(profile, fingerprint);
    if (!others.empty()) return show(options, {profile, nullptr, others, true});
  }
  const auto gpu = fingerprint.gpus.empty() ? "cpu" : "cuda:0";
  const auto measurement = measure(program, options.device.empty() ? gpu : options.device,
                                   threads(options, profile, fingerprint));
  if (writes) {
    write_whole(options.write, hardware::profile_file(options.write.stem().string(), fingerprint,
                                                      measurement, options.tolerance));
    fmt::print(stderr, "{}\n", options.write.string());
    return show(options, {profile, &measurement, {}, false});
  }
  const bool compared = !profile.qualification.ranges.empty();
  return show(options, {profile, &measurement,
                        hardware::outside(profile.qualification, measurement), compared});
}

}  // namespace

void add_hardware_qualify(CommandLine hardware, Program& program) {
  auto options = std::make_shared<Options>();
  auto qualify_command =
      hardware.add_subcommand("qualify", "Measure this machine and compare it with its profile");
  qualify_command.add_option("--profile", options->profile,
                             "A profile's name, or a .toml file (default: this machine's)");
  qualify_command.add_option("--device", options->device,
                             "cpu or cuda:N (default: the first GPU, if there is one)");
  qualify_command.add_option("--threads", options->threads,
                             "Threads (default: the profile's, else all usable cores)");
  qualify_command.add_option("--write", options->write,
                             "Write a profile of this very machine to this .toml file");
  qualify_command
      .add_option("--tolerance", options->tolerance,
                  "Of the ranges written, to either side of the median")
      .show_default();
  qualify_command.add_flag("--json", options->json, "Print one JSON object");
  qualify_command.footer(
      "Measures a matrix product, a convolution, memory bandwidth and a reference training step.\n"
      "Let the machine be idle. Examples:\n"
      "  timetrial hardware qualify\n"
      "  timetrial hardware qualify --write lab-machine.toml\n"
      "  timetrial hardware qualify --profile lab-machine.toml --json\n\n"
      "Exit codes: 0 within, or nothing to compare with; 2 bad input; 4 outside");
  qualify_command.callback([&program, options] { program.exit_code = qualify(program, *options); });
}

}  // namespace timetrial::cli
