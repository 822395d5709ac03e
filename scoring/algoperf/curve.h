#pragma once
// What a trial's measurements say under a rule set: the curve that is scored, its cost, its
// outcome. The direct reader and the importer both take it from here, so that they agree.

#include "harness/rulesets/rule_set.h"
#include "scoring/algoperf/log_source.h"
#include "scoring/results.h"

#include <optional>
#include <span>
#include <vector>

namespace timetrial::algoperf {

/// The terms of one workload, with the self-tuning factor in the budget.
scoring::WorkloadTerms terms_of(const rulesets::WorkloadRules& rules, double budget_factor);

struct Curve {
  std::vector<scoring::CurvePoint> points;  ///< in the file's order
  /// crashed without measurements, else target_reached, budget_spent or completed. AlgoPerf's logs
  /// don't say how a trial ended.
  Outcome outcome;
  double submission_time_s = 0, evaluation_time_s = 0;
  /// Of the earliest row within the budget that reaches the target.
  std::optional<double> time_to_target_s;
  std::optional<double> best_validation;  ///< absent if there is nothing but NaN
};

Curve curve_of(const LogTrial& trial, const scoring::WorkloadTerms& terms);

/// The same for another column, such as test values and their target.
std::optional<double> time_to_reach(std::span<const double> time_s, std::span<const double> values,
                                    const scoring::WorkloadTerms& terms, double target);

}  // namespace timetrial::algoperf
