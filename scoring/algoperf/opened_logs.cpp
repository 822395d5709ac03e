#include "scoring/algoperf/opened_logs.h"

#include "scoring/algoperf/curve.h"

#include <algorithm>

namespace timetrial::algoperf {

const scoring::WorkloadTerms* OpenedLogs::terms(const std::string& workload) const {
  const auto found =
      std::find_if(workloads.begin(), workloads.end(),
                   [&](const scoring::WorkloadTerms& terms) { return terms.name == workload; });
  return found == workloads.end() ? nullptr : &*found;
}

OpenedLogs open_under_rules(const std::filesystem::path& path, const LogOptions& options,
                            Findings& findings) {
  OpenedLogs logs;
  logs.source = open_logs(path, findings, options.progress);
  logs.name = options.name.empty() ? name_of_logs(path) : options.name;
  logs.known = survey(*logs.source);
  logs.rules = choose_rule_set(logs.known, options.rule_set, path);
  logs.tuning = choose_tuning(logs.known, options.tuning, path);
  compare_budgets(logs.known, logs.rules, findings);
  const double factor =
      logs.tuning == rulesets::Tuning::self ? logs.rules.self_tuning_budget_factor : 1.0;
  for (const auto& workload : logs.rules.workloads) {
    logs.workloads.push_back(terms_of(workload, factor));
  }
  for (const auto& folder : logs.source->tree().workloads) {
    if (logs.submissions.empty() || logs.submissions.back() != folder.submission) {
      logs.submissions.push_back(folder.submission);
    }
  }
  return logs;
}

}  // namespace timetrial::algoperf
