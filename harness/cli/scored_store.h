#pragma once
// What `score`, `report` and `leaderboard export` share: their options, and the way from a store or
// from logs to a report.

#include "harness/cli/command.h"
#include "harness/rulesets/rule_set.h"
#include "scoring/report_model.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::cli {

struct ScoringOptions {
  std::filesystem::path from;              ///< a store, or AlgoPerf logs; empty: `store`
  std::filesystem::path store;             ///< empty: default_store()
  std::vector<std::string> sweeps;         ///< none: the newest
  std::string rule_set;                    ///< of logs; empty: told from them
  std::optional<rulesets::Tuning> tuning;  ///< likewise
  std::string mode = "exact";
  scoring::Options scoring;
  // "WORKLOAD=VALUE"
  std::vector<std::string> targets, budgets;
  bool mix_profiles = false, include_quarantined = false;
  std::filesystem::path plots;  ///< a folder for them; empty: none
};

/// Adds --from, --store, --sweep, --mode and all that may be asked of stored curves.
void add_scoring_options(CommandLine command, ScoringOptions& options);

/// Adds --plots, for commands that write files.
void add_plots_option(CommandLine command, ScoringOptions& options);
/// Writes each plot of the report as an SVG file and says so on stderr, if --plots was given.
void write_plots(const ScoringOptions& options, const scoring::Report& report);

/// Reads and scores one sweep, or several as one. Says on stderr which one it took when none was
/// named and there are several. Throws InputError: nothing there, empty store, unknown sweep or
/// mode, bad option, sweeps that cannot be joined, several hardware profiles.
scoring::Report scored_report(const ScoringOptions& options, scoring::Detail detail);

}  // namespace timetrial::cli
