#pragma once
// What `score` and `report` share: their options, and the way from a store to a report.

#include "harness/cli/command.h"
#include "scoring/report_model.h"

#include <filesystem>
#include <string>

namespace timetrial::cli {

struct ScoringOptions {
  std::filesystem::path store;  ///< empty: default_store()
  std::string sweep;            ///< empty: the newest
  std::string mode = "exact";
  double tau_max = scoring::kTauMax;
};

/// Adds --store, --sweep, --mode and --tau-max.
void add_scoring_options(CommandLine command, ScoringOptions& options);

/// Reads and scores one sweep. Says on stderr which one it took when none was named and there are
/// several. Throws InputError: no store, empty store, unknown sweep or mode, bad limit.
scoring::Report scored_report(const ScoringOptions& options);

}  // namespace timetrial::cli
