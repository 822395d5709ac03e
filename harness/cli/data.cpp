// timetrial data list | prepare | verify: the prepared data sets of the workloads.
#include "harness/cli/command.h"
#include "harness/cli/datasets.h"
#include "harness/cli/sibling_process.h"
#include "harness/manifest/manifest.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>
#include <system_error>

namespace timetrial::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> names;
  fs::path data, packages;
  bool json = false;
};

double total_bytes(const manifest::Manifest& manifest) {
  double sum = 0;
  for (const auto& file : manifest.files) sum += static_cast<double>(file.bytes);
  return sum;
}

/// What is wrong with a prepared data set; empty when it is whole.
std::vector<std::string> problems(const fs::path& folder) {
  try {
    return manifest::differences(folder, manifest::read(folder));
  } catch (const InputError& error) {
    return {error.what()};
  }
}

/// One `prepare` at a time per data directory; a second one waits.
class DirectoryLock {
 public:
  explicit DirectoryLock(const fs::path& directory)
      : fd_(open((directory / ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666)) {
    if (!fd_) throw InputError(directory.string() + ": cannot be written; pass --data");
    if (flock(fd_.get(), LOCK_EX | LOCK_NB) == 0) return;
    fmt::print(stderr, "waiting for another process that prepares data in {}\n",
               directory.string());
    while (flock(fd_.get(), LOCK_EX) != 0) {
      if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "flock");
    }
  }

 private:
  protocol::FileDescriptor fd_;
};

/// The .stamp of scripts/setup.sh of each package that is there: kind, name, version, SHA-256.
std::map<std::string, std::string> package_stamps(const fs::path& packages) {
  std::map<std::string, std::string> stamps;
  for (const auto& entry : fs::directory_iterator(packages)) {
    if (!entry.is_directory()) continue;
    std::ifstream in(entry.path() / ".stamp");
    std::string line;
    stamps[entry.path().filename().string()] = std::getline(in, line) ? line : "unknown";
  }
  return stamps;
}

/// The worker writes beside the data; only a whole, hashed data set is moved to its place.
ExitCode prepare_one(const Program& program, const Options& options, const Dataset& dataset) {
  const auto folder = options.data / dataset.name;
  const auto making = options.data / ".preparing" / dataset.name;
  const auto replaced = options.data / ".preparing" / (dataset.name + ".old");
  fs::remove_all(options.data / ".preparing");
  fs::create_directories(making);
  const auto& workload = dataset.workloads.front();
  fmt::print(stderr, "{}: preparing (reader of {})\n", dataset.name, workload);
  const auto result = run_sibling(
      program, "timetrial-worker",
      {"prepare", workload, "--packages", options.packages.string(), "--out", making.string()});
  if (!succeeded(result)) {
    fs::remove_all(options.data / ".preparing");
    fmt::print(stderr, "timetrial: {}: not prepared, timetrial-worker {}\n", dataset.name,
               sandbox::describe(result.status));
    return !result.status.signaled && result.status.code == 2 ? ExitCode::bad_input
                                                              : ExitCode::failed;
  }
  const manifest::Manifest made{dataset.name, workload, package_stamps(options.packages),
                                manifest::list_files(making)};
  manifest::write(making, made);
  if (fs::exists(folder)) fs::rename(folder, replaced);
  fs::rename(making, folder);
  fs::remove_all(options.data / ".preparing");
  fmt::print("{}: prepared, {} files, {}, in {}\n", dataset.name, made.files.size(),
             human_bytes(total_bytes(made)), folder.string());
  return ExitCode::done;
}

ExitCode prepare(const Program& program, Options options) {
  const auto datasets = select_datasets(all_datasets(program), options.names);
  for (const auto& dataset : datasets) {
    if (!dataset.official) continue;
    throw InputError(fmt::format("{}: official data, which {} trains on; no reader prepares it yet",
                                 dataset.name, dataset.workloads.front()));
  }
  std::error_code error;
  fs::create_directories(options.data, error);
  if (error) throw InputError(options.data.string() + ": " + error.message() + "; pass --data");
  const DirectoryLock lock(options.data);
  for (const auto& dataset : datasets) {
    const auto folder = options.data / dataset.name;
    if (fs::exists(folder)) {
      const auto found = problems(folder);
      if (found.empty()) {
        fmt::print("{}: already prepared and verified, in {}\n", dataset.name, folder.string());
        continue;
      }
      fmt::print(stderr, "{}\n", found.front());
    }
    if (options.packages.empty()) options.packages = default_packages_dir(program);
    if (!fs::is_directory(options.packages)) {
      throw InputError(options.packages.string() +
                       ": no such folder; run scripts/setup.sh, or pass --packages");
    }
    const auto code = prepare_one(program, options, dataset);
    if (code != ExitCode::done) return code;
  }
  return ExitCode::done;
}

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
    const auto found = problems(options.data / name);
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
    const double bytes = prepared ? total_bytes(manifest::read(folder)) : 0;
    if (options.json) {
      rows.push_back({{"name", dataset.name},
                      {"workloads", dataset.workloads},
                      {"data", dataset.official ? "official" : "packages"},
                      {"prepared", prepared},
                      {"bytes", bytes},
                      {"folder", folder.string()}});
      continue;
    }
    const char* state = prepared ? "prepared" : dataset.official ? "no reader yet" : "not prepared";
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
      {"prepare", "Prepare data sets from the packages that scripts/setup.sh fetched",
       [](const Program& p, const Options& o) { return prepare(p, o); }, true, true, false},
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
}  // namespace timetrial::cli
