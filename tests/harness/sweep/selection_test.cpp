#include "harness/sweep/selection.h"

#include "harness/trial/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace timetrial::sweep {
namespace {

using testing::ElementsAre;

const std::vector<std::string> kKnown{"adamw", "lion", "nesterov", "schedule_free_adamw"};

TEST(Select, PicksByGlobInKnownOrder) {
  EXPECT_THAT(select({"lion", "adam*"}, "submission", kKnown), ElementsAre("adamw", "lion"));
  EXPECT_THAT(select({"*adamw"}, "submission", kKnown),
              ElementsAre("adamw", "schedule_free_adamw"));
}

TEST(Select, TakesAllWhenNothingIsAsked) { EXPECT_EQ(select({}, "submission", kKnown), kKnown); }

TEST(Select, TakesAwayWithAnExclamationMark) {
  EXPECT_THAT(select({"*", "!lion", "!nest*"}, "submission", kKnown),
              ElementsAre("adamw", "schedule_free_adamw"));
  EXPECT_THAT(select({"!lion"}, "submission", kKnown),
              ElementsAre("adamw", "nesterov", "schedule_free_adamw"));
}

TEST(Select, RefusesWhatMatchesNothing) {
  try {
    select({"loin"}, "submission", kKnown);
    FAIL() << "was accepted";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("unknown submission 'loin'"));
    EXPECT_THAT(error.what(), testing::HasSubstr("lion"));
  }
  EXPECT_THROW(select({"*", "!*"}, "submission", kKnown), InputError);
}

}  // namespace
}  // namespace timetrial::sweep
