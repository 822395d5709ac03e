#pragma once
// Logs with the rules that they are read under: what the direct reader and the importer begin with.

#include "scoring/algoperf/log_reader.h"
#include "scoring/algoperf/survey.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace timetrial::algoperf {

struct OpenedLogs {
  std::unique_ptr<LogSource> source;
  std::string name;  ///< of the sweep
  Survey known;
  rulesets::RuleSet rules;
  rulesets::Tuning tuning = rulesets::Tuning::external;
  std::vector<std::string> submissions;           ///< by name
  std::vector<scoring::WorkloadTerms> workloads;  ///< in the rule set's order

  /// Nothing for a workload that the rule set does not name.
  const scoring::WorkloadTerms* terms(const std::string& workload) const;
};

/// Throws InputError as read_logs does. `findings` must outlive the result.
OpenedLogs open_under_rules(const std::filesystem::path& path, const LogOptions& options,
                            Findings& findings);

}  // namespace timetrial::algoperf
