#pragma once
// The check that a workload's target can be reached: a whole trial of the rule set's baseline.

#include "harness/cli/command.h"
#include "harness/rulesets/rule_set.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>

namespace timetrial::cli {

/// Throws InputError unless the rule set has a baseline for the workload.
void check_has_baseline(const rulesets::RuleSet& rules, const std::string& workload);

/// Trains the baseline on the step hint's number of steps, with up to three seeds, until one
/// reaches the validation target: half of a baseline's seeds may miss a target that is their
/// median. No limit in time, so that a busy machine does not decide. A check as run_checks gives
/// them: error is the number of seeds that missed. Throws InputError when the trial cannot be run.
nlohmann::json check_baseline_trial(const Program& program, const rulesets::RuleSet& rules,
                                    const std::string& workload, const std::filesystem::path& data);

}  // namespace timetrial::cli
