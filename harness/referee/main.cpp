// timetrial-referee: measures one trial. Started by timetrial.
#include "harness/referee/referee.h"
#include "harness/trial/quick_end.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cstdio>
#include <exception>
#include <filesystem>

namespace {

int run(int argc, char** argv) {
  using timetrial::ExitCode;
  CLI::App app{"Measures one trial; started by timetrial, not by hand", "timetrial-referee"};
  timetrial::referee::RefereeOptions options;
  options.worker =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "timetrial-worker";
  app.add_option("--store", options.store, "The database")->required();
  app.add_option("--trial", options.trial_id, "The trial's id")->required();
  app.add_option("--data", options.data_dir, "Prepared data")->required();
  app.add_option("--work", options.work_dir, "Folder for this trial's files")->required();
  app.add_option("--device", options.device, "cpu or cuda:N")->capture_default_str();
  app.add_option("--threads", options.threads, "Threads of LibTorch")->capture_default_str();
  app.add_option("--concurrent-trials", options.concurrent_trials,
                 "How many trials share the machine, for the record");
  app.add_flag("!--no-namespaces", options.namespaces, "Give the worker no namespaces of its own");
  app.add_option("--progress-fd", options.progress_fd, "Descriptor for progress lines");
  try {
    app.parse(argc, argv);
    return static_cast<int>(timetrial::referee::run_trial(options));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::bad_input);
  } catch (const timetrial::InputError& error) {
    std::fprintf(stderr, "timetrial-referee: %s\n", error.what());
    return static_cast<int>(ExitCode::bad_input);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "timetrial-referee: %s\n", error.what());
    return static_cast<int>(ExitCode::failed);
  }
}

}  // namespace

int main(int argc, char** argv) { timetrial::quick_end(run(argc, argv)); }
