#include "harness/clock/clock.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace timetrial::clock {
namespace {

using std::chrono::milliseconds;

TEST(Stopwatch, CountsOnlyWhileRunning) {
  FakeClock clock;
  Stopwatch watch(clock);
  clock.advance(milliseconds(5));
  EXPECT_EQ(watch.elapsed(), Duration{0});
  watch.start();
  clock.advance(milliseconds(7));
  EXPECT_EQ(watch.elapsed(), milliseconds(7));
  watch.stop();
  clock.advance(milliseconds(100));
  EXPECT_EQ(watch.elapsed(), milliseconds(7));
  watch.start();
  clock.advance(milliseconds(1));
  EXPECT_EQ(watch.elapsed(), milliseconds(8));
}

TEST(Stopwatch, KeepsTimeUsedBefore) {
  FakeClock clock;
  Stopwatch watch(clock, milliseconds(40));
  watch.start();
  clock.advance(milliseconds(2));
  EXPECT_EQ(watch.elapsed(), milliseconds(42));
}

TEST(Stopwatch, StartingTwiceDoesNotLoseTime) {
  FakeClock clock;
  Stopwatch watch(clock);
  watch.start();
  clock.advance(milliseconds(3));
  watch.start();
  clock.advance(milliseconds(4));
  EXPECT_EQ(watch.elapsed(), milliseconds(7));
}

TEST(Stopwatch, TakesChargesWhetherItRunsOrNot) {
  FakeClock clock;
  Stopwatch watch(clock);
  watch.charge(milliseconds(10));
  watch.start();
  watch.charge(milliseconds(1));
  clock.advance(milliseconds(2));
  EXPECT_EQ(watch.elapsed(), milliseconds(13));
}

TEST(SteadyClock, NeverGoesBack) {
  const SteadyClock clock;
  Duration last = clock.now();
  for (int i = 0; i < 1000; ++i) {
    const Duration now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

/// It jumps: where it is read, only a date may come of it.
TEST(WallClock, GivesDatesOnly) {
  const std::filesystem::path harness = TIMETRIAL_SOURCE_DIR "/harness";
  std::set<std::string> readers;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(harness)) {
    if (entry.path().extension() != ".cpp" && entry.path().extension() != ".h") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    for (const char* name : {"system_clock", "gettimeofday", "CLOCK_REALTIME", "time(nullptr)"}) {
      if (text.str().find(name) == std::string::npos) continue;
      readers.insert(std::filesystem::relative(entry.path(), harness).string());
    }
  }
  // When a sweep was planned, an attempt began and ended, a trial finished, was quarantined or
  // rerun, a report was made.
  EXPECT_EQ(readers,
            (std::set<std::string>{"cli/import.cpp", "cli/quarantine.cpp", "cli/scored_store.cpp",
                                   "referee/host.cpp", "sweep/plan.cpp", "sweep/replay.cpp",
                                   "sweep/run.cpp"}));
}

TEST(Seconds, ConvertsBothWays) {
  EXPECT_DOUBLE_EQ(seconds(milliseconds(1500)), 1.5);
  EXPECT_EQ(from_seconds(0.25), milliseconds(250));
}

TEST(Seconds, ComeBackToTheNanosecond) {
  for (const std::int64_t start :
       {0LL, 500'926'000LL, 3'600'000'000'000LL, 864'000'000'000'000LL}) {
    for (std::int64_t ns = start; ns < start + 1000; ++ns) {
      ASSERT_EQ(from_seconds(seconds(Duration(ns))).count(), ns);
    }
  }
}

}  // namespace
}  // namespace timetrial::clock
