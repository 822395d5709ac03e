// timetrial merge: joins the shards of a sweep that ran on several machines.
#include "harness/cli/command.h"
#include "harness/store/store.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace timetrial::cli::merge_command {
namespace {

struct Options {
  std::filesystem::path out;
  std::vector<std::filesystem::path> shards;
  bool json = false;
};

/// Every shard is looked at before the first one is merged, so that a typing error changes nothing.
void merge(const Options& options) {
  for (const auto& shard : options.shards) store::Store::open(shard, store::Store::Mode::read_only);
  auto out = store::Store::open(options.out, store::Store::Mode::create);
  auto report = nlohmann::ordered_json::array();
  for (const auto& shard : options.shards) {
    const auto added = out.merge(shard);
    report.push_back({{"shard", shard.string()}, {"added", added}});
    if (!options.json) {
      fmt::print("{}: added {} trials, {} attempts, {} evaluations, {} outcomes\n", shard.string(),
                 added.at("trials"), added.at("attempts"), added.at("evaluations"),
                 added.at("outcomes"));
    }
  }
  if (options.json) {
    fmt::print("{}\n", nlohmann::ordered_json{{"store", options.out.string()},
                                              {"content_hash", out.content_hash()},
                                              {"shards", report}}
                           .dump(2));
  }
}

void add(CommandLine app, Program&) {
  auto options = std::make_shared<Options>();
  auto command = app.add_subcommand("merge", "Join the stores of a sweep that ran in shards");
  command.footer(
      "OUT is made if absent. Merging a shard again adds only what is new in it; the order of the\n"
      "shards does not matter. A trial that two shards ran counts once, as the first to finish.\n"
      "Examples:\n"
      "  timetrial merge all.db shard-*.db\n"
      "  timetrial merge --json all.db node1.db node2.db");
  command.add_option("OUT", options->out, "Store to add to").required();
  command.add_option("SHARD", options->shards, "Stores to take from").required();
  command.add_flag("--json", options->json, "Print one JSON object");
  command.callback([options] { merge(*options); });
}

const bool registered = add_command({"merge", Group::upkeep, add});

}  // namespace
}  // namespace timetrial::cli::merge_command
