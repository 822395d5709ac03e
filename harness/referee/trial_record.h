#pragma once
// Everything the store knows about one trial before it runs, checked against what is on disk now.

#include "harness/rulesets/rule_set.h"
#include "harness/store/store.h"

#include <string>
#include <vector>

namespace timetrial::referee {

struct TrialRecord {
  store::TrialRow row;
  store::Sweep sweep;
  store::SubmissionRecord submission;
  store::WorkloadRecord workload;
  rulesets::RuleSet rule_set;
  rulesets::WorkloadRules rules;
  std::vector<store::Attempt> attempts;  ///< previous ones
  std::vector<Evaluation> earlier;       ///< their evaluations, oldest first
};

/// Throws InputError: unknown trial; a submission's library or a workload's configuration that is
/// no longer what the sweep was planned with.
TrialRecord load_trial(const store::Store& store, const std::string& trial_id);

}  // namespace timetrial::referee
