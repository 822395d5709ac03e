#pragma once
// The text of a small rule set, for tests of what reads one.
//
//   test::small_rules({{.workload = "digits_vit", .metric = "accuracy"}})

#include <string>
#include <vector>

namespace timetrial::test {

/// A workload's table; targets of 0.8, a budget of 10 s, a period of 1 s.
struct SmallTerms {
  std::string workload, metric;
  bool higher_is_better = true;
  int step_hint = 100;
  std::string more = {};  ///< further lines, each with its end
};

/// Named "own", for cpu-2core: one study of one trial, limits of 11 s to 14 s and 1,500 MB.
inline std::string small_rules(const std::vector<SmallTerms>& workloads) {
  std::string text = R"(name = "own"
description = "d"
hardware_profile = "cpu-2core"
studies = 1
trials = 1
self_tuning_budget_factor = 1.5
[limits]
init_s = 11
hang_s = 12
checkpoint_period_s = 13
checkpoint_allowance_s = 14
memory_mb = 1500
)";
  for (const auto& terms : workloads) {
    text +=
        "[[workloads]]\nname = \"" + terms.workload + "\"\nmetric = \"" + terms.metric +
        "\"\nhigher_is_better = " + (terms.higher_is_better ? "true" : "false") +
        "\nvalidation_target = 0.8\ntest_target = 0.8\nbudget_s = 10\nevaluation_period_s = 1\n" +
        "step_hint = " + std::to_string(terms.step_hint) + "\n" + terms.more;
  }
  return text;
}

}  // namespace timetrial::test
