#pragma once
// What a trial can be asked to have looked at in its model when it has ended
// (workloads/evaluators.h), and how that is stored: with its last evaluation, as
// "evaluator/<evaluator>/<value>".

#include <string>
#include <vector>

namespace timetrial {

/// What a stored number of an evaluator begins with; a submission's own may not.
inline constexpr const char* kEvaluatorPrefix = "evaluator/";
/// In the place of names: every evaluator that the workload has.
inline constexpr const char* kEveryEvaluator = "all";

/// Throws InputError for none, one twice, another word beside "all", and what cannot be a name.
/// Which ones a workload has, its referee checks.
void require_evaluator_names(const std::vector<std::string>& names);

}  // namespace timetrial
