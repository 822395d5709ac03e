#include "harness/cli/scored_store.h"

#include "harness/store/store.h"
#include "scoring/from_store.h"

#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <optional>

namespace timetrial::cli {
namespace {

/// The date of the report; nothing is measured by it.
std::int64_t now_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

}  // namespace

void add_scoring_options(CommandLine command, ScoringOptions& options) {
  command.add_option("--store", options.store,
                     "The database (default: TIMETRIAL_STORE, else the user's data folder)");
  command.add_option("--sweep", options.sweep, "Which sweep (default: the newest)");
  command.add_option("--mode", options.mode, "How to score: exact").show_default();
  command.add_option("--tau-max", options.tau_max, "Slower than this many times the best scores 0")
      .show_default();
}

scoring::Report scored_report(const ScoringOptions& options) {
  const scoring::Options terms{scoring::parse_mode(options.mode), options.tau_max};
  const auto file = options.store.empty() ? default_store() : options.store;
  const auto store = store::Store::open(file, store::Store::Mode::read_only);
  const std::optional<std::string> name =
      options.sweep.empty() ? std::nullopt : std::optional(options.sweep);
  const auto chosen = scoring::choose_sweep(store, name, file.string());
  if (!name && chosen.others > 0) {
    fmt::print(stderr, "sweep '{}', the newest of {}; name another with --sweep\n",
               chosen.sweep.name, chosen.others + 1);
  }
  const auto results = scoring::read_results(store, chosen.sweep);
  return scoring::make_report(results, scoring::score(results, terms), now_ns());
}

}  // namespace timetrial::cli
