// timetrial-worker: the process that runs a submission. Started by the referee ("serve"), and by
// the command line for what needs LibTorch but no referee.
#include "harness/protocol/channel.h"
#include "harness/trial/error.h"
#include "harness/trial/quick_end.h"
#include "harness/worker/qualify.h"
#include "harness/worker/tasks.h"
#include "harness/worker/trial_worker.h"
#include "workloads/describe.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cstdio>
#include <exception>

namespace {

int run(int argc, char** argv) {
  using timetrial::ExitCode;
  using timetrial::protocol::Channel;
  using timetrial::protocol::FileDescriptor;
  CLI::App app{"Runs a submission; started by timetrial, not by hand", "timetrial-worker"};
  app.require_subcommand(1);
  int exit_code = 0;
  std::string workload, source, out, library;
  app.add_subcommand("serve", "Serve one trial: socket on descriptor 3, snapshot region on 4")
      ->callback([&] {
        exit_code = timetrial::worker::serve(Channel(FileDescriptor(3)), FileDescriptor(4));
      });
  app.add_subcommand("describe", "Print all workloads as JSON")->callback([] {
    std::puts(timetrial::workloads::describe_json().c_str());
  });
  app.add_subcommand("version", "Print versions as JSON")->callback([] {
    std::puts(timetrial::worker::version_json().c_str());
  });
  std::string device = "cpu";
  std::int64_t threads = 1;
  auto* qualify = app.add_subcommand("qualify", "Measure how fast this machine computes, as JSON");
  qualify->add_option("--device", device, "cpu or cuda:N");
  qualify->add_option("--threads", threads);
  qualify->callback([&] { std::puts(timetrial::worker::qualify_json(device, threads).c_str()); });
  auto* load = app.add_subcommand("load", "See whether a submission's library can be loaded");
  load->add_option("library", library)->required();
  load->callback([&] { timetrial::worker::check_loadable(library); });
  auto* prepare = app.add_subcommand("prepare", "Write a workload's data in the project's format");
  prepare->add_option("workload", workload)->required();
  prepare->add_option("--source", source, "Unpacked packages, or official data")->required();
  prepare->add_option("--out", out, "Folder to write training/ and held_back/ to")->required();
  prepare->callback([&] { timetrial::worker::prepare(workload, source, out); });
  auto* estimate = app.add_subcommand("estimate", "Print how many bytes prepare will write");
  estimate->add_option("workload", workload)->required();
  estimate->add_option("--source", source, "Official data")->required();
  estimate->callback([&] {
    std::printf("%llu\n", static_cast<unsigned long long>(
                              timetrial::worker::bytes_to_prepare(workload, source)));
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::bad_input);
  } catch (const timetrial::InputError& error) {
    std::fprintf(stderr, "timetrial-worker: %s\n", error.what());
    return static_cast<int>(ExitCode::bad_input);
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "timetrial-worker: %s\n", error.what());
    return static_cast<int>(ExitCode::bad_input);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "timetrial-worker: %s\n", error.what());
    return static_cast<int>(ExitCode::failed);
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) { timetrial::quick_end(run(argc, argv)); }
