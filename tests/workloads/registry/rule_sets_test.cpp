// Whatever a rule set scores is a workload of this build, and measures what the rule set asks for.
#include "harness/rulesets/rule_set.h"
#include "workloads/workload.h"

#include <gmock/gmock.h>

namespace timetrial::workloads {
namespace {

TEST(RuleSets, EveryWorkloadOfEveryRuleSetIsRegistered) {
  std::size_t seen = 0;
  for (const auto& name : rulesets::names()) {
    const auto rules = rulesets::load(name);
    for (const auto& row : rules.workloads) {
      SCOPED_TRACE(name + ": " + row.workload);
      const Entry& entry = find(row.workload);
      const Facts facts = entry.make()->facts();
      EXPECT_EQ(facts.metric, row.metric);
      EXPECT_EQ(facts.higher_is_better, row.higher_is_better);
      if (!row.base.empty()) {
        EXPECT_EQ(entry.base, row.base);
      }
      ++seen;
    }
  }
  EXPECT_GE(seen, 14U + 8 + 9 + 3);
}

}  // namespace
}  // namespace timetrial::workloads
