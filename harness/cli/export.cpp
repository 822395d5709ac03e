// timetrial export: a sweep in the format of another harness.
#include "scoring/algoperf/export.h"
#include "harness/cli/command.h"
#include "harness/store/store.h"
#include "scoring/from_store.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

namespace timetrial::cli::export_command {
namespace {

struct Options {
  std::filesystem::path store, out;
  std::string sweep;
  bool json = false;
};

void export_algoperf(const Options& options) {
  const auto file = options.store.empty() ? default_store() : options.store;
  const auto store = store::Store::open(file, store::Store::Mode::read_only);
  const auto name = options.sweep.empty() ? std::nullopt : std::optional(options.sweep);
  const auto sweep = scoring::choose_sweep(store, name, file.string()).sweep;
  const auto report = algoperf::export_sweep(store, sweep, options.out);
  if (options.json) {
    fmt::print("{}\n", nlohmann::ordered_json{{"schema", "timetrial.export/1"},
                                              {"sweep", sweep.name},
                                              {"out", options.out.string()},
                                              {"trials", report.trials},
                                              {"measurement_files", report.files}}
                           .dump(2));
    return;
  }
  fmt::print("{}: {} trials of sweep {}, {} with measurements\n", options.out.string(),
             report.trials, sweep.name, report.files);
}

void add(CommandLine app, Program&) {
  auto command = app.add_subcommand("export", "Write a sweep in the format of another harness");
  command.require_subcommand();
  auto part = command.add_subcommand("algoperf", "Write AlgoPerf's logs, for its own scorer");
  auto options = std::make_shared<Options>();
  part.footer(
      "The folder is there whole or not at all. What is in it: docs/import.md\n"
      "Example:\n"
      "  timetrial export algoperf --sweep mini-demo --out logs");
  part.add_option("--store", options->store,
                  "The database (default: TIMETRIAL_STORE, else the user's data folder)");
  part.add_option("--sweep", options->sweep, "Its name (default: the newest)");
  part.add_option("--out", options->out, "The folder to make").required();
  part.add_flag("--json", options->json, "Print one JSON object (timetrial.export/1)");
  part.callback([options] { export_algoperf(*options); });
}

const bool registered = add_command({"export", Group::results, add});

}  // namespace
}  // namespace timetrial::cli::export_command
