#pragma once
// AlgoPerf's logs as results, straight from a folder or an archive, without a store.
//
//   <submission>/study_<N>/<workload>_<jax|pytorch>/trial_<N>/
//     eval_measurements.csv, hparams.json, meta_data_0.json, flags_0.json
//
//   const auto results = read_logs("v05-external.tar.xz", {.rule_set = "algoperf-v0.5"});
//
// Curves   in the order of the file's rows; NaN where a value is missing
// Keys     studies and trials have the numbers in the names of their folders
// Trials   a trial folder without usable measurements is a crashed trial with an empty curve. Only
//          workloads of the rule set are read. What was passed over is in Results::remarks
// Order    submissions and cells by name, the workloads of a submission in the rule set's order;
//          studies and trials by number
// Errors   InputError, one line: no such path, no such logs, an archive that is damaged or cut off,
//          one workload in two frameworks, a rule set or tuning that must be said

#include "harness/rulesets/rule_set.h"
#include "scoring/algoperf/log_source.h"
#include "scoring/results.h"

#include <filesystem>
#include <optional>
#include <string>

namespace timetrial::algoperf {

struct LogOptions {
  std::optional<std::string> rule_set = {};     ///< default: told from the logged budgets
  std::optional<rulesets::Tuning> tuning = {};  ///< default: told from flags_0.json
  std::string name = {};                        ///< of the sweep; default: the path's
  Progress progress = {};
};

scoring::Results read_logs(const std::filesystem::path& path, const LogOptions& options = {});

/// "v05-external" of "/logs/v05-external.tar.xz" and of "/logs/v05-external/".
std::string name_of_logs(const std::filesystem::path& path);

}  // namespace timetrial::algoperf
