#include "harness/trial/evaluators.h"

#include "harness/trial/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace timetrial {
namespace {

TEST(EvaluatorNames, ComeWithCommasBetween) {
  EXPECT_THAT(evaluator_names("calibration,linear_probe"),
              testing::ElementsAre("calibration", "linear_probe"));
  EXPECT_THAT(evaluator_names("all"), testing::ElementsAre("all"));
}

TEST(EvaluatorNames, RefuseWhatIsNone) {
  for (const char* words : {"", "calibration,,fairness", "cali bration", "a\"b",
                            "calibration,calibration", "all,fairness"}) {
    SCOPED_TRACE(words);
    EXPECT_THROW(evaluator_names(words), InputError);
  }
}

}  // namespace
}  // namespace timetrial
