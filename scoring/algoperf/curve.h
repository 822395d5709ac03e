#pragma once
// What a trial's measurements say under a rule set: the curve that is scored, its cost, its
// outcome. The direct reader and the importer both take it from here, so that they agree.

#include "harness/rulesets/rule_set.h"
#include "scoring/algoperf/log_source.h"
#include "scoring/results.h"

#include <optional>
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
};

Curve curve_of(const LogTrial& trial, const scoring::WorkloadTerms& terms);

}  // namespace timetrial::algoperf
