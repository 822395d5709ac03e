#include "harness/trial/checker.h"

#include "harness/trial/error.h"

#include <gmock/gmock.h>

#include <cmath>
#include <stdexcept>

namespace timetrial {
namespace {

using testing::ElementsAre;

TEST(Checker, TellsOfEachCheckAsItGoes) {
  std::vector<std::string> told;
  Checker checker({.started = [&](const std::string& name) { told.push_back("> " + name); },
                   .finished = [&](const CheckResult& one) { told.push_back(one.name); }},
                  Checker::BadInput::fails);
  checker.run("one", [] { return CheckResult{.passed = true}; });
  checker.run_all("more", [] { return std::vector<CheckResult>{{.name = "a"}, {.name = "b"}}; });
  EXPECT_THAT(told, ElementsAre("> one", "one", "> more", "a", "b"));
  const auto results = checker.take();
  ASSERT_EQ(results.size(), 3U);
  EXPECT_TRUE(results[0].passed);
  EXPECT_FALSE(results[1].passed);
}

TEST(Checker, WhatIsThrownIsAFailedCheck) {
  Checker checker({}, Checker::BadInput::fails);
  checker.run("error", []() -> CheckResult { throw std::runtime_error("first line\nsecond"); });
  checker.run("number", []() -> CheckResult { throw 3; });
  checker.run("input", []() -> CheckResult { throw InputError("a file"); });
  const auto results = checker.take();
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].detail, "threw: first line");
  EXPECT_EQ(results[1].detail, "threw something that is no exception");
  EXPECT_EQ(results[2].detail, "threw: a file");
  for (const auto& result : results) {
    EXPECT_FALSE(result.passed);
    EXPECT_TRUE(std::isinf(result.error));
  }
}

TEST(Checker, BadInputMayEndIt) {
  Checker checker({}, Checker::BadInput::ends);
  EXPECT_THROW(checker.run("input", []() -> CheckResult { throw InputError("a file"); }),
               InputError);
}

}  // namespace
}  // namespace timetrial
