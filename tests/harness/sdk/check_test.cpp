#include "harness/sdk/check.h"

#include "harness/trial/error.h"
#include "tests/harness/sdk/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace timetrial::sdk {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<CheckResult> check(Fault fault) {
  return check_submission({.library = LIBRARIES_DIR "/faulty.so",
                           .point = {{"fault", static_cast<double>(fault)}},
                           .trajectories = {}},
                          {});
}

std::vector<std::string> failed(const std::vector<CheckResult>& results) {
  std::vector<std::string> names;
  for (const auto& result : results) {
    if (!result.passed) names.push_back(result.name);
  }
  return names;
}

std::string detail(const std::vector<CheckResult>& results, const std::string& name) {
  for (const auto& result : results) {
    if (result.name == name) return result.detail;
  }
  return "no such check";
}

TEST(CheckSubmission, PassesASoundOne) {
  const auto results = check(Fault::none);
  EXPECT_THAT(failed(results), IsEmpty());
  EXPECT_EQ(results.size(), 7);
}

TEST(CheckSubmission, NamesTheFault) {
  const struct Case {
    Fault fault;
    std::vector<std::string> failed;
    const char* check;
    const char* detail;
  } cases[] = {
      {Fault::random,
       {"deterministic", "save_load", "evaluation_is_neutral"},
       "save_load",
       "step 1 after loading differs"},
      {Fault::idle, {"steps"}, "steps", "no parameter changed"},
      {Fault::assumes_gradients, {"unreached_parameter"}, "unreached_parameter", "threw: "},
      {Fault::keeps_gradients, {"steps", "save_load"}, "steps", "left gradients behind"},
      {Fault::moves_at_evaluation,
       {"evaluation_is_neutral"},
       "evaluation_is_neutral",
       "step 3 differs"},
      {Fault::forgets, {"save_load"}, "save_load", "step 1 after loading differs"},
      {Fault::throws,
       {"steps", "deterministic", "save_load", "evaluation_is_neutral", "unreached_parameter"},
       "steps",
       "threw: learning_rate = -1, expected more"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(static_cast<int>(c.fault));
    const auto results = check(c.fault);
    EXPECT_EQ(failed(results), c.failed);
    EXPECT_THAT(detail(results, c.check), HasSubstr(c.detail));
  }
}

TEST(CheckSubmission, FailsParametersThatAreNotFinite) {
  const auto results = check(Fault::not_a_number);
  EXPECT_THAT(failed(results), testing::Contains("steps"));
  EXPECT_THAT(detail(results, "steps"), HasSubstr("not finite"));
}

TEST(CheckSubmission, TellsEachCheckBeforeAndAfterIt) {
  std::vector<std::string> told;
  check_submission({.library = SUBMISSIONS_DIR "/adamw.so",
                    .point = {},
                    .trajectories = {FIXTURES_DIR "/adamw.safetensors"}},
                   {[&](const std::string& name) { told.push_back("start " + name); },
                    [&](const CheckResult& result) { told.push_back(result.name); }});
  EXPECT_THAT(told,
              ElementsAre("start loads", "loads", "start batch_size", "batch_size", "start steps",
                          "steps", "start deterministic", "deterministic", "start save_load",
                          "save_load", "start evaluation_is_neutral", "evaluation_is_neutral",
                          "start unreached_parameter", "unreached_parameter",
                          "start trajectory adamw", "trajectory adamw: w1", "trajectory adamw: b1",
                          "trajectory adamw: w2", "trajectory adamw: b2"));
}

TEST(CheckSubmission, RefusesABadTrajectoryBeforeAnyCheck) {
  int checks = 0;
  EXPECT_THROW(check_submission({.library = LIBRARIES_DIR "/faulty.so",
                                 .point = {},
                                 .trajectories = {"/nowhere.safetensors"}},
                                {[&](const std::string&) { ++checks; }, {}}),
               InputError);
  EXPECT_EQ(checks, 0);
}

}  // namespace
}  // namespace timetrial::sdk
