// timetrial version: what this build was made from.
#include "harness/version/version.h"

#include "harness/cli/command.h"

#include <fmt/core.h>

#include <memory>

namespace timetrial::cli::version_command {
namespace {

void add(CommandLine app, Program&) {
  auto json = std::make_shared<bool>(false);
  auto command = app.add_subcommand("version", "Show versions of this build");
  command.add_flag("--json", *json, "Print JSON");
  command.callback(
      [json] { fmt::print("{}", *json ? version::as_json() : version::as_text("timetrial")); });
}

[[maybe_unused]] const bool registered = add_command({"version", Group::upkeep, add});

}  // namespace
}  // namespace timetrial::cli::version_command
