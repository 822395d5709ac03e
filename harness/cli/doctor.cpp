// timetrial doctor: what is missing, and how to get it. One page; changes nothing.
#include "harness/cli/check_list.h"
#include "harness/cli/command.h"
#include "harness/cli/datasets.h"
#include "harness/cli/machine_checks.h"
#include "harness/cli/sibling_process.h"
#include "harness/manifest/manifest.h"
#include "harness/submission_file/record.h"

#include <fmt/core.h>
#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <sstream>

namespace timetrial::cli::doctor_command {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path data, store, submissions;
  bool json = false;
};

constexpr const char* kBuild = "build it: scripts/build.sh";

Check executables(const Program& program) {
  std::vector<std::string> missing;
  for (const auto* name : {"timetrial-referee", "timetrial-worker"}) {
    if (access((program.bin_dir / name).c_str(), X_OK) != 0) missing.push_back(name);
  }
  if (missing.empty()) return {"executables", CheckState::ok, program.bin_dir.string(), ""};
  return {"executables", CheckState::missing,
          fmt::format("{} not in {}", fmt::join(missing, ", "), program.bin_dir.string()), kBuild};
}

Check libtorch(const Program& program) {
  Check check{"LibTorch", CheckState::missing, "timetrial-worker is not there", kBuild};
  if (access((program.bin_dir / "timetrial-worker").c_str(), X_OK) != 0) return check;
  const auto result = run_sibling(program, "timetrial-worker", {"version"});
  if (!succeeded(result)) {
    check.detail = "cannot be loaded: timetrial-worker " + sandbox::describe(result.status);
    check.remedy = "fetch it: scripts/setup.sh, or point Torch_DIR at LibTorch and build again";
    return check;
  }
  const auto versions = nlohmann::json::parse(result.output);
  return {"LibTorch", CheckState::ok,
          fmt::format("{} ({})", versions.at("libtorch").get<std::string>(),
                      versions.at("cpu_capability").get<std::string>()),
          ""};
}

Check submissions(const fs::path& folder) {
  std::vector<std::string> names, refused;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (entry.path().extension() != ".so") continue;
    try {
      const auto file = submission_file::read_record(entry.path());
      submission_file::check_compatible(file);
      names.push_back(file.name);
    } catch (const InputError& error) {
      refused.push_back(error.what());
    }
  }
  std::sort(names.begin(), names.end());
  const auto found = fmt::format("{} in {}", fmt::join(names, ", "), folder.string());
  if (!refused.empty()) return {"submissions", CheckState::missing, found, refused.front()};
  if (names.empty()) return {"submissions", CheckState::missing, "none" + found, kBuild};
  return {"submissions", CheckState::ok, found, ""};
}

std::vector<Check> data(const Program& program, const fs::path& folder) {
  std::vector<Dataset> datasets;
  try {
    datasets = all_datasets(program);
  } catch (const std::exception& error) {
    return {{"data", CheckState::missing, error.what(), kBuild}};
  }
  std::vector<Check> checks;
  for (const auto& dataset : datasets) {
    if (dataset.official) continue;  // nothing could mend its absence
    const auto place = folder / dataset.name;
    if (fs::exists(place / manifest::kFileName)) {
      checks.push_back({"data " + dataset.name, CheckState::ok, place.string(), ""});
    } else {
      checks.push_back({"data " + dataset.name, CheckState::missing, "not in " + folder.string(),
                        "prepare it: timetrial data prepare " + dataset.name});
    }
  }
  return checks;
}

/// The store's folder need not exist yet: its nearest existing parent must be writable.
Check store(const fs::path& file) {
  auto folder = fs::absolute(file).parent_path();
  while (!fs::exists(folder) && folder.has_relative_path()) folder = folder.parent_path();
  std::error_code error;
  const auto space = fs::space(folder, error);
  const auto detail =
      fmt::format("{}, {} free", file.string(), human_bytes(static_cast<double>(space.available)));
  if (fs::is_directory(folder) && access(folder.c_str(), W_OK | X_OK) == 0) {
    return {"store", CheckState::ok, detail, ""};
  }
  return {"store", CheckState::missing, folder.string() + " is not a writable folder",
          "choose another file: --store FILE, or TIMETRIAL_STORE"};
}

Check chromium() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const auto file = fs::path(folder) / "chromium";
    if (access(file.c_str(), X_OK) == 0) return {"chromium", CheckState::ok, file.string(), ""};
  }
  return {"chromium", CheckState::remark, "not there; only tests of the report page use it",
          "apt-get install chromium"};
}

ExitCode doctor(const Program& program, const Options& options) {
  std::vector<Check> checks{executables(program), libtorch(program),
                            submissions(options.submissions)};
  for (auto& check : data(program, options.data)) checks.push_back(std::move(check));
  checks.push_back(store(options.store));
  for (auto& check : machine_checks("/")) checks.push_back(std::move(check));
  checks.push_back(sandbox_check());
  checks.push_back(chromium());
  fmt::print("{}", options.json ? to_json(checks) : to_text(checks));
  return any_missing(checks) ? ExitCode::check_failed : ExitCode::done;
}

void add(CommandLine app, Program& program) {
  auto options = std::make_shared<Options>();
  auto command = app.add_subcommand("doctor", "Say what is missing and how to get it");
  command.add_option("--data", options->data, "Prepared data (TIMETRIAL_DATA)");
  command.add_option("--store", options->store, "Database (TIMETRIAL_STORE)");
  command.add_option("--submissions", options->submissions,
                     "Folder of submissions (TIMETRIAL_SUBMISSIONS)");
  command.add_flag("--json", options->json, "Print JSON");
  command.callback([&program, options] {
    if (options->data.empty()) options->data = default_data_dir();
    if (options->store.empty()) options->store = default_store();
    if (options->submissions.empty()) options->submissions = default_submissions_dir(program);
    program.exit_code = doctor(program, *options);
  });
}

[[maybe_unused]] const bool registered = add_command({"doctor", Group::upkeep, add});

}  // namespace
}  // namespace timetrial::cli::doctor_command
