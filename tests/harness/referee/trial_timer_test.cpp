#include "harness/referee/trial_timer.h"

#include <gtest/gtest.h>

namespace timetrial::referee {
namespace {

using clock::Duration;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Event = TrialTimer::Event;

TrialTimer::Terms terms() { return {seconds(10), seconds(2), seconds(3)}; }

TEST(TrialTimer, TellsOnceThatAnEvaluationIsDueAPeriodAfterGo) {
  TrialTimer timer(terms());
  timer.go(seconds(1), 5, false);
  EXPECT_EQ(timer.look(milliseconds(2999), 6), Event::none);
  EXPECT_EQ(timer.look(seconds(3), 7), Event::evaluation_due);
  EXPECT_EQ(timer.look(milliseconds(3001), 8), Event::none);
  timer.go(milliseconds(3100), 9, false);
  EXPECT_EQ(timer.look(milliseconds(5099), 10), Event::none);
  EXPECT_EQ(timer.look(milliseconds(5100), 10), Event::evaluation_due);
}

TEST(TrialTimer, AFreshTrialIsEvaluatedAfterItsFirstStep) {
  TrialTimer timer(terms());
  timer.go(Duration{0}, 0, true);
  EXPECT_EQ(timer.look(Duration{0}, 0), Event::evaluation_due);
}

TEST(TrialTimer, TheBudgetEndsATrialAtOnce) {
  TrialTimer timer(terms());
  timer.go(seconds(9), 5, false);
  EXPECT_EQ(timer.look(milliseconds(9999), 6), Event::none);
  EXPECT_EQ(timer.look(seconds(10), 7), Event::budget_spent);
}

TEST(TrialTimer, NoStepForTooLongIsAHang) {
  TrialTimer timer({seconds(100), seconds(50), seconds(3)});
  timer.go(seconds(0), 0, false);
  EXPECT_EQ(timer.look(milliseconds(2000), 1), Event::none);
  EXPECT_EQ(timer.look(milliseconds(4999), 1), Event::none);
  EXPECT_EQ(timer.look(milliseconds(5000), 1), Event::hung);
}

TEST(TrialTimer, TimeBeforeGoIsNoHang) {
  TrialTimer timer({seconds(100), seconds(50), seconds(3)});
  timer.go(seconds(0), 0, false);
  timer.look(seconds(2), 1);
  timer.go(seconds(40), 1, false);  // a resumed trial begins with much time used
  EXPECT_EQ(timer.look(seconds(42), 1), Event::none);
}

TEST(TrialTimer, WaitsUntilTheNextEventButNotLongerThanATick) {
  struct Case {
    Duration used, tick, expected;
  };
  TrialTimer timer(terms());
  timer.go(seconds(1), 0, false);
  for (const auto& [used, tick, expected] : {Case{seconds(1), seconds(5), seconds(2)},
                                             Case{seconds(1), milliseconds(50), milliseconds(50)},
                                             Case{milliseconds(2990), seconds(5), milliseconds(10)},
                                             Case{seconds(20), seconds(5), seconds(0)}}) {
    SCOPED_TRACE(clock::seconds(used));
    EXPECT_EQ(timer.wait(used, tick), expected);
  }
}

}  // namespace
}  // namespace timetrial::referee
