// timetrial version: what this build was made from.
#include "harness/version/version.h"

#include "harness/cli/command.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace timetrial::cli {
namespace {

void print_versions(bool json) {
  const auto versions = version::versions();
  if (json) {
    fmt::print("{}\n", nlohmann::json(versions).dump(2));
    return;
  }
  fmt::print("timetrial {} (commit {})\nSDK {}, LibTorch {}, SQLite {}, {}\n",
             versions.at("timetrial"), versions.at("commit"), versions.at("sdk"),
             versions.at("libtorch"), versions.at("sqlite"), versions.at("compiler"));
}

void add(CommandLine app, Program&) {
  auto json = std::make_shared<bool>(false);
  auto command = app.add_subcommand("version", "Show versions of this build");
  command.add_flag("--json", *json, "Print JSON");
  command.callback([json] { print_versions(*json); });
}

[[maybe_unused]] const bool registered = add_command({"version", Group::upkeep, add});

}  // namespace
}  // namespace timetrial::cli
