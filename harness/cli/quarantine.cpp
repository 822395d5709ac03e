// timetrial quarantine: trials whose times do not count, and why.
#include "harness/cli/command.h"
#include "harness/store/store.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>

namespace timetrial::cli::quarantine_command {
namespace {

struct Options {
  std::filesystem::path store;
  std::string trial, reason;
  bool json = false;

  std::filesystem::path file() const { return store.empty() ? default_store() : store; }
};

constexpr std::size_t kShownOfId = 12;

std::int64_t now_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

nlohmann::ordered_json to_json(const store::QuarantineRow& row) {
  return {{"sweep", row.sweep},
          {"trial_id", row.trial_id},
          {"submission", row.key.submission},
          {"workload", row.key.workload},
          {"study", row.key.study},
          {"trial", row.key.trial},
          {"quarantined", row.quarantined},
          {"reason", row.reason},
          {"recorded_ns", row.recorded_ns}};
}

void list(const Options& options) {
  const auto rows = store::Store::open(options.file(), store::Store::Mode::read_only).quarantines();
  if (options.json) {
    auto all = nlohmann::ordered_json::array();
    for (const auto& row : rows) all.push_back(to_json(row));
    fmt::print("{}\n", all.dump(2));
    return;
  }
  if (rows.empty()) fmt::print(stderr, "no trial is quarantined, and none was\n");
  for (const auto& row : rows) {
    fmt::print("{}  {:<11}  {}  {}: {}\n", row.trial_id.substr(0, kShownOfId),
               row.quarantined ? "quarantined" : "lifted", row.sweep, to_string(row.key),
               row.reason);
  }
}

using Change = void (store::Store::*)(const std::string&, const std::string&, std::int64_t);

void change(const Options& options, Change what, const char* done) {
  auto store = store::Store::open(options.file(), store::Store::Mode::read_write);
  const auto id = store.find_trial(options.trial);
  (store.*what)(id, options.reason, now_ns());
  fmt::print("{}: {}\n", id.substr(0, kShownOfId), done);
}

void add_store_option(CommandLine command, const std::shared_ptr<Options>& options) {
  command.add_option("--store", options->store, "The database (TIMETRIAL_STORE)");
}

void add_change(CommandLine command, const std::string& name, const std::string& description,
                Change what, const char* done) {
  auto options = std::make_shared<Options>();
  auto part = command.add_subcommand(name, description);
  part.add_option("TRIAL", options->trial, "A trial's id, or its first characters").required();
  part.add_option("--reason", options->reason, "Why; shown wherever the trial is").required();
  add_store_option(part, options);
  part.footer(fmt::format("Example:\n  timetrial quarantine {} 3fa4c2d01b77 --reason '…'", name));
  part.callback([options, what, done] { change(*options, what, done); });
}

void add(CommandLine app, Program&) {
  auto command = app.add_subcommand("quarantine", "Trials whose times do not count, and why");
  command.require_subcommand();
  command.footer(
      "A trial is quarantined by itself when the machine was too noisy while it ran (limits:\n"
      "timetrial hardware profile). It keeps all that was measured, and counts as not run in\n"
      "scores, unless --include-quarantined is given.");
  auto options = std::make_shared<Options>();
  auto listing = command.add_subcommand("list", "List trials that are quarantined, or were");
  add_store_option(listing, options);
  listing.add_flag("--json", options->json, "Print a JSON list");
  listing.footer("Example:\n  timetrial quarantine list");
  listing.callback([options] { list(*options); });
  add_change(command, "add", "Quarantine a trial", &store::Store::quarantine, "quarantined");
  add_change(command, "lift", "Let a trial count again", &store::Store::lift_quarantine,
             "counts again");
}

const bool registered = add_command({"quarantine", Group::results, add});

}  // namespace
}  // namespace timetrial::cli::quarantine_command
