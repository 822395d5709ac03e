#include "harness/cli/study_run.h"

#include "harness/cli/load_check.h"
#include "harness/cli/prepare_data.h"
#include "harness/study/plan.h"

#include <fmt/core.h>
#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <system_error>

namespace timetrial::cli {
namespace {

namespace fs = std::filesystem;

/// A folder that goes when the command ends.
class Scratch {
 public:
  Scratch() {
    auto name = (fs::temp_directory_path() / "timetrial-study-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), name);
    }
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::vector<std::string> workloads_of(const study::Study& study) {
  std::set<std::string> names;
  for (const auto& run : study.runs) names.insert(run.workload);
  return {names.begin(), names.end()};
}

/// Prepares what is missing of the study's data.
ExitCode prepare(const Program& program, const RunFlags& flags, const study::Study& study) {
  return prepare_data(program,
                      {.names = workloads_of(study),
                       .data = flags.data.empty() ? default_data_dir() : fs::path(flags.data),
                       .packages = {},
                       .from = {},
                       .out = stderr});
}

}  // namespace

ExitCode run_study(const Program& program, const study::Study& study, const RunFlags& flags,
                   std::uint64_t seed) {
  if (prepare(program, flags, study) != ExitCode::done) return ExitCode::failed;
  const auto here = surroundings(program, flags);
  const Scratch scratch;
  const auto plans = study::make_plans(study, here, seed, scratch.path());
  if (!all_load(program, plans)) return ExitCode::bad_input;
  std::vector<std::int64_t> ids;
  for (const auto& plan : plans) ids.push_back(store_plan(plan, flags));
  for (std::size_t i = 0; i < plans.size(); ++i) {
    fmt::print(stderr, "{} of {}: {}, {} trials\n", i + 1, plans.size(), plans[i].sweep.name,
               plans[i].trials.size());
    const auto code = run_sweep(program, flags, ids[i], plans[i].sweep.name);
    if (code != ExitCode::done && code != ExitCode::some_trials_failed) {
      fmt::print(stderr, "it goes on when it is run again\n");
      return code;
    }
  }
  return ExitCode::done;
}

}  // namespace timetrial::cli
