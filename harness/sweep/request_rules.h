#pragma once
// The rules that a sweep is run by: the rule set that is asked for, with the conditions that are.

#include "harness/sweep/plan.h"

namespace timetrial::sweep {

/// Throws InputError: a rule set that cannot be read; "by-steps" (step_rules.h) without a limit of
/// steps, or for a workload that this build has not.
rulesets::RuleSet rules_of(const Request& request, const Surroundings& surroundings);

}  // namespace timetrial::sweep
