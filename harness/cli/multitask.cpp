// timetrial multitask check: combinations of task gradients against recorded ones.
#include "harness/cli/conformance.h"

#include <filesystem>
#include <memory>

namespace timetrial::cli::multitask_command {
namespace {

struct Options {
  std::vector<std::filesystem::path> records;
  bool json = false;
};

ExitCode check(const Program& program, const Options& options) {
  std::vector<std::string> arguments{"multitask"};
  arguments.insert(arguments.end(), options.records.begin(), options.records.end());
  return run_and_print_checks(program, arguments, options.json);
}

void add(CommandLine app, Program& program) {
  auto command = app.add_subcommand("multitask", "Check rules that combine task gradients");
  command.require_subcommand();
  auto options = std::make_shared<Options>();
  auto verb = command.add_subcommand("check", "Compare with recorded gradients");
  verb.add_option("RECORD", options->records,
                  "F.json: method, options, task_gradients, task_losses, combined_gradient")
      .required();
  verb.add_flag("--json", options->json, "Print JSON");
  verb.callback([&program, options] { program.exit_code = check(program, *options); });
}

[[maybe_unused]] const bool registered = add_command({"multitask", Group::discovery, add});

}  // namespace
}  // namespace timetrial::cli::multitask_command
