#include "harness/sweep/replay_comparison.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace timetrial::sweep {
namespace {

double value_of(const Evaluation& evaluation, const std::string& metric) {
  const auto found = evaluation.metrics.find(metric);
  return found == evaluation.metrics.end() ? std::nan("") : found->second;
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

double distance(double a, double b) {
  if (same(a, b)) return 0;
  const double distance = std::abs(a - b);
  return std::isnan(distance) ? std::numeric_limits<double>::infinity() : distance;
}

std::vector<std::string> differing_metrics(const Evaluation& a, const Evaluation& b) {
  std::set<std::string> names;
  for (const auto& [name, value] : a.metrics) names.insert(name);
  for (const auto& [name, value] : b.metrics) names.insert(name);
  std::vector<std::string> differing;
  for (const auto& name : names) {
    const bool both = a.metrics.contains(name) && b.metrics.contains(name);
    if (!both || !same(value_of(a, name), value_of(b, name))) differing.push_back(name);
  }
  return differing;
}

std::string describe(const ComparedEvaluation& evaluation) {
  const auto metrics = fmt::format("{}", fmt::join(evaluation.differing_metrics, ", "));
  if (evaluation.differing_metrics.empty()) return "other parameters, the same metrics";
  if (evaluation.same_parameters) return "the same parameters, other metrics: " + metrics;
  return "other parameters and metrics: " + metrics;
}

}  // namespace

const char* to_string(ReplayVerdict verdict) {
  switch (verdict) {
    case ReplayVerdict::identical:
      return "identical";
    case ReplayVerdict::same_curve:
      return "same_curve";
    case ReplayVerdict::different:
      return "different";
  }
  return "unknown";
}

ReplayComparison compare_replay(const std::vector<Evaluation>& recorded,
                                const std::vector<Evaluation>& replayed, const std::string& metric,
                                double tolerance) {
  ReplayComparison result;
  const auto note = [&](std::int64_t step, std::string what) {
    if (result.differs_at) return;
    result.differs_at = step;
    result.difference = std::move(what);
  };
  bool missing = false, only_metrics = false;
  for (std::size_t i = 0; i < recorded.size() && !missing; ++i) {
    missing = i >= replayed.size() || replayed[i].step != recorded[i].step;
    if (missing) {
      note(recorded[i].step, "the replay was not evaluated there");
      continue;
    }
    ComparedEvaluation compared{
        .step = recorded[i].step,
        .same_parameters = recorded[i].parameter_hash == replayed[i].parameter_hash,
        .recorded = value_of(recorded[i], metric),
        .replayed = value_of(replayed[i], metric),
        .differing_metrics = differing_metrics(recorded[i], replayed[i])};
    result.largest_difference =
        std::max(result.largest_difference, distance(compared.recorded, compared.replayed));
    if (!compared.same_parameters || !compared.differing_metrics.empty()) {
      note(compared.step, describe(compared));
    }
    // Equal parameters have equal metrics: a row that says otherwise was not measured on them.
    only_metrics |= compared.same_parameters && !compared.differing_metrics.empty();
    result.evaluations.push_back(std::move(compared));
  }
  if (!result.differs_at) return result;
  const bool close = !missing && !only_metrics && result.largest_difference <= tolerance;
  result.verdict = close ? ReplayVerdict::same_curve : ReplayVerdict::different;
  return result;
}

}  // namespace timetrial::sweep
