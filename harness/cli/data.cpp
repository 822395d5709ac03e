// timetrial data list | prepare | verify: the prepared data sets of the workloads.
#include "harness/cli/command.h"
#include "harness/cli/datasets.h"
#include "harness/cli/prepare_data.h"
#include "harness/manifest/manifest.h"

#include <fmt/core.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace timetrial::cli::data_command {
namespace {

namespace fs = std::filesystem;

struct Options : PrepareOptions {
  bool json = false;
};

/// Names of the folders of the data directory that look like prepared data sets.
std::vector<std::string> prepared_names(const fs::path& data) {
  std::vector<std::string> names;
  if (!fs::is_directory(data)) return names;
  for (const auto& entry : fs::directory_iterator(data)) {
    if (fs::exists(entry.path() / manifest::kFileName)) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

ExitCode verify(const Program& program, const Options& options) {
  std::vector<std::string> names;
  if (options.names.empty()) {
    names = prepared_names(options.data);
    if (names.empty()) {
      throw InputError(options.data.string() +
                       ": no prepared data; run: timetrial data prepare, or pass --data");
    }
  } else {
    for (const auto& dataset : select_datasets(all_datasets(program), options.names)) {
      names.push_back(dataset.name);
    }
  }
  bool all_passed = true;
  auto checks = nlohmann::json::array();
  for (const auto& name : names) {
    const auto found = data_problems(options.data / name);
    all_passed = all_passed && found.empty();
    checks.push_back({{"name", name}, {"passed", found.empty()}, {"problems", found}});
    if (options.json) continue;
    fmt::print("{}: {}\n", name, found.empty() ? "verified" : "not as prepared");
    for (const auto& line : found) fmt::print("  {}\n", line);
  }
  if (options.json) fmt::print("{}\n", nlohmann::json{{"checks", checks}}.dump(2));
  return all_passed ? ExitCode::done : ExitCode::check_failed;
}

ExitCode list(const Program& program, const Options& options) {
  auto rows = nlohmann::json::array();
  if (!options.json)
    fmt::print("{:<20} {:<14} {:>8}  {}\n", "DATA SET", "STATE", "SIZE", "WORKLOADS");
  for (const auto& dataset : all_datasets(program)) {
    const auto folder = options.data / dataset.name;
    const bool prepared = fs::exists(folder / manifest::kFileName);
    const double bytes = prepared ? static_cast<double>(manifest::read(folder).bytes()) : 0;
    if (options.json) {
      rows.push_back({{"name", dataset.name},
                      {"workloads", dataset.workloads},
                      {"data", dataset.official ? "official" : "packages"},
                      {"prepared", prepared},
                      {"bytes", bytes},
                      {"folder", folder.string()}});
      continue;
    }
    const char* state = prepared ? "prepared" : dataset.official ? "to be brought" : "not prepared";
    fmt::print("{:<20} {:<14} {:>8}  {}\n", dataset.name, state,
               prepared ? human_bytes(bytes) : "-", fmt::join(dataset.workloads, ", "));
  }
  if (options.json) fmt::print("{}\n", nlohmann::json{{"datasets", rows}}.dump(2));
  return ExitCode::done;
}

using Action = ExitCode (*)(const Program&, const Options&);

struct Subcommand {
  const char* name;
  const char* description;
  Action action;
  bool takes_names, takes_packages, takes_json;
};

void add(CommandLine app, Program& program) {
  static constexpr Subcommand kSubcommands[] = {
      {"list", "Show data sets, their workloads and whether they are prepared", list, false, false,
       true},
      {"prepare", "Prepare data sets from fetched packages, or official data from --from",
       [](const Program& p, const Options& o) { return prepare_data(p, o); }, true, true, false},
      {"verify", "Check prepared data against its manifest, byte by byte", verify, true, false,
       true},
  };
  auto command = app.add_subcommand("data", "List, prepare and verify the workloads' data");
  command.require_subcommand();
  for (const auto& subcommand : kSubcommands) {
    auto options = std::make_shared<Options>();
    auto sub = command.add_subcommand(subcommand.name, subcommand.description);
    if (subcommand.takes_names) {
      sub.add_option("NAME", options->names,
                     "Workload, data set, or a glob of either (all but official data)");
    }
    if (subcommand.takes_packages) {
      sub.add_option(
          "--packages", options->packages,
          "Unpacked packages (TIMETRIAL_PACKAGES, $TIMETRIAL_DEPS/packages, .deps/packages)");
      sub.add_option("--from", options->from,
                     "Official data as you have them on disk (docs/data/NAME.md)");
    }
    if (subcommand.takes_json) sub.add_flag("--json", options->json, "Print JSON");
    sub.add_option("--data", options->data,
                   "Prepared data (TIMETRIAL_DATA, ~/.cache/timetrial/data)");
    sub.callback([&program, options, action = subcommand.action] {
      if (options->data.empty()) options->data = default_data_dir();
      program.exit_code = action(program, *options);
    });
  }
}

[[maybe_unused]] const bool registered = add_command({"data", Group::discovery, add});

}  // namespace
}  // namespace timetrial::cli::data_command
