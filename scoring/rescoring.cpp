#include "scoring/rescoring.h"

#include "harness/trial/error.h"
#include "harness/trial/suggest.h"

#include <fmt/core.h>
#include <fnmatch.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace timetrial::scoring {
namespace {

std::vector<std::string> names_of(const std::vector<WorkloadTerms>& workloads) {
  std::vector<std::string> names;
  for (const auto& workload : workloads) names.push_back(workload.name);
  return names;
}

WorkloadTerms& find(Results& results, const std::string& name) {
  for (auto& workload : results.workloads) {
    if (workload.name == name) return workload;
  }
  throw InputError(unknown_name("workload", name, names_of(results.workloads)));
}

void check(const Options& options) {
  const bool other_terms = !options.targets.empty() || !options.budgets_s.empty() ||
                           options.budget_factor != 1 || options.interpolate ||
                           options.ignore_missing_studies || options.tau_max != kTauMax;
  if (is_compat(options.mode) && other_terms) {
    throw InputError(fmt::format(
        "mode {} reproduces published numbers: other targets, budgets, limits, interpolation and "
        "missing studies are for --mode exact",
        to_string(options.mode)));
  }
  if (!(options.budget_factor > 0) || !std::isfinite(options.budget_factor)) {
    throw InputError(
        fmt::format("budget factor {}: expected a number above 0", options.budget_factor));
  }
  for (const auto& [workload, target] : options.targets) {
    if (!std::isfinite(target)) {
      throw InputError(fmt::format("target of {}: expected a number", workload));
    }
  }
  for (const auto& [workload, budget] : options.budgets_s) {
    if (!(budget > 0) || !std::isfinite(budget)) {
      throw InputError(fmt::format("budget of {}: expected seconds above 0", workload));
    }
  }
}

void choose_workloads(Results& results, const std::vector<std::string>& patterns) {
  if (patterns.empty()) return;
  std::set<std::string> chosen;
  std::vector<std::string> scored;
  for (const auto& workload : results.workloads) {
    if (workload.base.empty()) scored.push_back(workload.name);
  }
  for (const auto& pattern : patterns) {
    const auto before = chosen.size();
    for (const auto& name : scored) {
      if (fnmatch(pattern.c_str(), name.c_str(), 0) == 0) chosen.insert(name);
    }
    const bool known = std::find(scored.begin(), scored.end(), pattern) != scored.end();
    if (chosen.size() == before && !known) {
      throw InputError(unknown_name("workload", pattern, scored));
    }
  }
  std::erase_if(results.workloads, [&](const WorkloadTerms& workload) {
    return !chosen.contains(workload.base.empty() ? workload.name : workload.base);
  });
}

}  // namespace

Results rescored(Results results, const Options& options) {
  check(options);
  for (auto& workload : results.workloads) workload.budget_s *= options.budget_factor;
  for (const auto& [name, target] : options.targets) find(results, name).validation_target = target;
  for (const auto& [name, budget] : options.budgets_s) find(results, name).budget_s = budget;
  choose_workloads(results, options.workloads);
  return results;
}

}  // namespace timetrial::scoring
