#pragma once
// Rules under which steps end a trial and nothing scores it: for any workload of the build, whether
// a rule set has it or not. Its target is one that nothing reaches, its budget one that nothing
// spends.

#include "harness/sweep/plan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace timetrial::sweep {

/// In the place of a rule set's name: these rules, for the workloads that are asked for.
inline constexpr const char* kBySteps = "by-steps";

/// What these rules have for a target, with a minus where lower is better, and for a budget,
/// seconds.
inline constexpr double kUnreachableTarget = 1e9, kUnspentBudget_s = 1e6;

struct StepRules {
  std::string name, description;
  int studies = 1;
  std::size_t trials = 1;
  std::int64_t steps = 1;  ///< the step hint
  std::vector<KnownWorkload> workloads;
};

/// A rule set's text. Without conditions, which say when to evaluate and when to end.
std::string text_of(const StepRules& rules);

}  // namespace timetrial::sweep
