// timetrial hardware: what machine this is, and which profile's results it may add to.
#include "harness/cli/hardware_parts.h"

namespace timetrial::cli::hardware_command {
namespace {

void add(CommandLine app, Program& program) {
  auto command =
      app.add_subcommand("hardware", "This machine: what it is, how fast, which profile");
  command.require_subcommand();
  add_hardware_show(command, program);
  add_hardware_profile(command, program);
  add_hardware_qualify(command, program);
}

const bool registered = add_command({"hardware", Group::upkeep, add});

}  // namespace
}  // namespace timetrial::cli::hardware_command
