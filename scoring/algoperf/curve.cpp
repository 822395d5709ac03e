#include "scoring/algoperf/curve.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace timetrial::algoperf {
namespace {

OutcomeKind outcome_of(const Curve& curve, const scoring::WorkloadTerms& terms) {
  if (curve.time_to_target_s) return OutcomeKind::target_reached;
  return curve.submission_time_s >= terms.budget_s ? OutcomeKind::budget_spent
                                                   : OutcomeKind::completed;
}

std::optional<double> best_of(std::span<const double> values, bool higher_is_better) {
  std::optional<double> best;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    if (!best || (higher_is_better ? value > *best : value < *best)) best = value;
  }
  return best;
}

double largest_finite(std::span<const double> values) {
  double largest = 0;
  for (const double value : values) {
    if (std::isfinite(value)) largest = std::max(largest, value);
  }
  return largest;
}

}  // namespace

scoring::WorkloadTerms terms_of(const rulesets::WorkloadRules& rules, double budget_factor) {
  return {.name = rules.workload,
          .base = rules.base,
          .metric = rules.metric,
          .higher_is_better = rules.higher_is_better,
          .validation_target = rules.validation_target,
          .budget_s = rules.budget_s * budget_factor};
}

std::optional<double> time_to_reach(std::span<const double> time_s, std::span<const double> values,
                                    const scoring::WorkloadTerms& terms, double target) {
  std::optional<double> earliest;
  for (std::size_t row = 0; row < values.size(); ++row) {
    const bool reached = terms.higher_is_better ? values[row] >= target : values[row] <= target;
    if (!reached || time_s[row] > terms.budget_s) continue;
    if (!earliest || time_s[row] < *earliest) earliest = time_s[row];
  }
  return earliest;
}

Curve curve_of(const LogTrial& trial, const scoring::WorkloadTerms& terms) {
  Curve curve;
  if (trial.measurements == nullptr) {
    curve.outcome = {OutcomeKind::crashed, trial.missing, 0, 0};
    return curve;
  }
  const auto& measured = *trial.measurements;
  const auto time = measured.submission_time(), step = measured.step();
  const auto value = measured.column("validation/" + terms.metric);
  curve.points.reserve(measured.rows);
  for (std::size_t row = 0; row < measured.rows; ++row) {
    curve.points.push_back({time[row], static_cast<std::int64_t>(step[row]),
                            value.empty() ? std::numeric_limits<double>::quiet_NaN() : value[row],
                            measured.places[row]});
  }
  curve.time_to_target_s = time_to_reach(time, value, terms, terms.validation_target);
  curve.best_validation = best_of(value, terms.higher_is_better);
  curve.submission_time_s = largest_finite(time);
  curve.evaluation_time_s = largest_finite(measured.column("accumulated_eval_time"));
  curve.outcome = {outcome_of(curve, terms), "", curve.points.back().step, curve.submission_time_s};
  return curve;
}

}  // namespace timetrial::algoperf
