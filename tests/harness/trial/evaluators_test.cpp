#include "harness/trial/evaluators.h"

#include "harness/trial/error.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace timetrial {
namespace {

TEST(EvaluatorNames, AreWordsOrAllAlone) {
  EXPECT_NO_THROW(require_evaluator_names({"calibration", "linear_probe"}));
  EXPECT_NO_THROW(require_evaluator_names({"all"}));
}

TEST(EvaluatorNames, RefuseWhatIsNone) {
  const std::vector<std::string> refused[] = {{},
                                              {""},
                                              {"calibration", "", "fairness"},
                                              {"cali bration"},
                                              {"a\"b"},
                                              {"calibration", "calibration"},
                                              {"all", "fairness"}};
  for (const auto& names : refused) {
    EXPECT_THROW(require_evaluator_names(names), InputError) << names.size();
  }
}

}  // namespace
}  // namespace timetrial
