#include "harness/rulesets/rule_set.h"
#include "harness/trial/error.h"
#include "tests/fuzz/file_readers.h"
#include "tests/fuzz/promise.h"

namespace timetrial::fuzz {

void read_rules(std::string_view bytes) {
  try {
    const auto rules = rulesets::parse(std::string(bytes), "f.toml");
    require(rules.text == bytes, "the text is kept");
    require(rules.studies >= 1 && rules.trials >= 1, "there is something to run");
    for (const auto& workload : rules.workloads) {
      require(workload.evaluation_period_s <= workload.budget_s, "a target can be seen");
    }
  } catch (const InputError&) {
    // An answer: names in it are the file's, line breaks included.
  }
}

}  // namespace timetrial::fuzz
