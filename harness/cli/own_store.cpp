#include "harness/cli/own_store.h"

#include "harness/sweep/display.h"
#include "harness/sweep/run.h"

#include <stdlib.h>

#include <cerrno>
#include <system_error>

namespace timetrial::cli {

namespace fs = std::filesystem;

OwnStore::OwnStore(const std::string& into) {
  if (!into.empty()) {
    file_ = fs::absolute(into);
    fs::create_directories(file_.parent_path());
    return;
  }
  auto name = (fs::temp_directory_path() / "timetrial-own-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), name);
  }
  temporary_ = name;
  file_ = temporary_ / "trials.db";
}

OwnStore::~OwnStore() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

ExitCode run_in(const OwnStore& store, const Program& program, const sweep::Plan& plan,
                const OwnRun& run) {
  sweep::RunOptions options;
  options.launch.referee = sibling(program, "timetrial-referee");
  options.launch.store = store.file();
  options.launch.data_dir = run.data_dir;
  options.launch.work_root = store.file().string() + ".work";
  options.launch.device = run.device;
  options.launch.threads = static_cast<int>(run.threads);
  {
    auto database = store::Store::open(store.file(), store::Store::Mode::create);
    options.sweep_id =
        database.add_sweep(plan.sweep, plan.submissions, plan.workloads, plan.trials);
  }
  const auto display = sweep::make_display(sweep::parse_progress_style(run.progress), stderr);
  return sweep::run_sweep(options, *display);
}

}  // namespace timetrial::cli
