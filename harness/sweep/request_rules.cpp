#include "harness/sweep/request_rules.h"

#include "harness/sweep/selection.h"
#include "harness/sweep/step_rules.h"
#include "harness/trial/error.h"

#include <algorithm>

namespace timetrial::sweep {
namespace {

/// Evenly spread over the steps.
constexpr int kEvaluationsBySteps = 20;

/// Rules by steps for the workloads that are asked for.
rulesets::RuleSet rules_by_steps(const Request& request, const Surroundings& surroundings) {
  if (!request.max_steps) {
    throw InputError("--ruleset by-steps needs --max-steps: nothing else ends a trial");
  }
  std::vector<std::string> known;
  for (const auto& workload : surroundings.workloads) known.push_back(workload.name);
  StepRules rules{.name = kBySteps,
                  .description = "Steps end a trial; no scores",
                  .steps = *request.max_steps,
                  .workloads = {}};
  for (const auto& name : select(request.workloads, "workload", known)) {
    rules.workloads.push_back(surroundings.workloads.at(
        static_cast<std::size_t>(std::find(known.begin(), known.end(), name) - known.begin())));
  }
  const auto parsed = rulesets::parse(text_of(rules), kBySteps);
  rulesets::Conditions conditions;
  conditions.evaluate_at = spread_steps(*request.max_steps, kEvaluationsBySteps);
  return rulesets::with_conditions(parsed, conditions);
}

}  // namespace

rulesets::RuleSet rules_of(const Request& request, const Surroundings& surroundings) {
  rulesets::RuleSet rules = request.rule_set == kBySteps ? rules_by_steps(request, surroundings)
                                                         : rulesets::load(request.rule_set);
  if (!request.blind && !request.record_losses && !request.diagnose.any() &&
      request.evaluators.empty() && request.evaluate_examples == 0 && request.evaluate_at.empty()) {
    return rules;
  }
  auto conditions = rules.conditions;
  conditions.blind |= request.blind;
  conditions.record_losses |= request.record_losses;
  if (!request.evaluators.empty()) conditions.evaluators = request.evaluators;
  if (request.diagnose.any()) conditions.diagnose = request.diagnose;
  if (request.evaluate_examples > 0) conditions.evaluate_examples = request.evaluate_examples;
  if (!request.evaluate_at.empty()) conditions.evaluate_at = request.evaluate_at;
  return rulesets::with_conditions(rules, conditions);
}

}  // namespace timetrial::sweep
