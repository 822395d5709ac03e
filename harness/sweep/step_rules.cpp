#include "harness/sweep/step_rules.h"

#include <fmt/core.h>

namespace timetrial::sweep {

std::string text_of(const StepRules& rules) {
  std::string text = fmt::format(
      "name = \"{}\"\n"
      "description = \"{}\"\n"
      "hardware_profile = \"cpu-2core\"\n"
      "studies = {}\n"
      "trials = {}\n"
      "self_tuning_budget_factor = 1\n"
      "[limits]\n"
      "init_s = 120\n"
      "hang_s = 120\n"
      "checkpoint_period_s = 60\n"
      "checkpoint_allowance_s = 60\n"
      "memory_mb = 8192\n",
      rules.name, rules.description, rules.studies, rules.trials);
  for (const auto& workload : rules.workloads) {
    text += fmt::format(
        "\n[[workloads]]\n"
        "name = \"{}\"\n"
        "metric = \"{}\"\n"
        "higher_is_better = {}\n"
        "validation_target = {}\n"
        "budget_s = {}\n"
        "evaluation_period_s = {}\n"
        "step_hint = {}\n"
        "evaluation_batch_size = 4096\n",
        workload.name, workload.metric, workload.higher_is_better,
        workload.higher_is_better ? kUnreachableTarget : -kUnreachableTarget, kUnspentBudget_s,
        kUnspentBudget_s, rules.steps);
  }
  return text;
}

}  // namespace timetrial::sweep
