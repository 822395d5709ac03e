#pragma once
// What logs say of themselves in flags_0.json and meta_data_0.json: under which rule set they were
// made, how they were tuned, where they ran. A few trials are asked, not all.

#include "harness/rulesets/rule_set.h"
#include "scoring/algoperf/log_source.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace timetrial::algoperf {

struct Survey {
  /// "external" or "self" and the trial that says so, by submission; lacks those without flags.
  std::map<std::string, std::pair<std::string, std::string>> tuning;
  std::map<std::string, double> budget_s;  ///< as logged, by workload
  std::string origin_json;                 ///< of the first trial that has one
  bool several_trials = false;             ///< a study with more than one, so external tuning
};

Survey survey(LogSource& source);

/// The parts of `origin_json` about the code (commit, Python) and about the machine: JSON objects.
std::string versions_json(const Survey& survey);
std::string hardware_json(const Survey& survey);

/// The rule set named `given`, or the one of AlgoPerf's that has the budgets of the logs: of several,
/// the one with most of their workloads, then the one whose workloads are all there. Throws
/// InputError: unknown name; no rule set fits, or several equally well.
rulesets::RuleSet choose_rule_set(const Survey& survey, const std::optional<std::string>& given,
                                  const std::filesystem::path& path);

/// `given`, or what the flags say. Throws InputError when they say nothing or disagree.
rulesets::Tuning choose_tuning(const Survey& survey, const std::optional<rulesets::Tuning>& given,
                               const std::filesystem::path& path);

/// A finding for each workload that was logged under another budget than the rule set's.
void compare_budgets(const Survey& survey, const rulesets::RuleSet& rules, Findings& findings);

}  // namespace timetrial::algoperf
