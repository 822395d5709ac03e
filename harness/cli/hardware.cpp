// timetrial hardware: what machine this is, and which profile's results it may add to.
#include "harness/cli/hardware_parts.h"

namespace timetrial::cli {
namespace {

void add(CommandLine app, Program& program) {
  auto command = app.add_subcommand("hardware", "Show this machine and its hardware profile");
  command.require_subcommand();
  add_hardware_show(command, program);
}

const bool registered = add_command({"hardware", Group::upkeep, add});

}  // namespace
}  // namespace timetrial::cli
