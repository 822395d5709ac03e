#include "harness/hardware/noise_limits.h"

#include "harness/hardware/step_drift.h"

#include <gmock/gmock.h>

namespace timetrial::hardware {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Noise quiet() {
  Noise noise;
  noise.duration_s = 60;
  return noise;
}

TEST(NoiseLimits, WhatIsUnknownIsNotJudged) { EXPECT_THAT(out_of_range(quiet(), {}), IsEmpty()); }

TEST(NoiseLimits, EachLimitIsIncludedAndSaysWhatWasBeyondIt) {
  auto noise = quiet();
  const NoiseLimits limits{.steal_fraction = 0.05,
                           .others_fraction = 0.25,
                           .throttled_fraction = 0.1,
                           .step_drift = 0.2,
                           .judged_from_s = 10};
  noise.steal_fraction = 0.05;
  noise.others_fraction = 0.25;
  noise.throttled_fraction = 0.1;
  noise.step_drift = -0.2;
  EXPECT_THAT(out_of_range(noise, limits), IsEmpty());

  noise.steal_fraction = 0.06;
  noise.others_fraction = 0.612;
  noise.throttled_fraction = 0.5;
  noise.step_drift = -0.25;
  EXPECT_THAT(out_of_range(noise, limits),
              ElementsAre("processor time taken by the hypervisor: 6 % (at most 5 %)",
                          "processor time of other processes: 61.2 % (at most 25 %)",
                          "slowed down by heat for 50 % (at most 10 %)",
                          "a step took -25 % at the end (at most 20 % either way)"));
}

TEST(NoiseLimits, AShortAttemptIsNotJudged) {
  auto noise = quiet();
  noise.others_fraction = 1;
  noise.duration_s = 9.9;
  EXPECT_THAT(out_of_range(noise, {}), IsEmpty());
  noise.duration_s = 10;
  EXPECT_EQ(out_of_range(noise, {}).size(), 1U);
}

TEST(NoiseLimits, ByDefaultNoDriftIsOutOfRange) {
  auto noise = quiet();
  noise.step_drift = 5;
  EXPECT_THAT(out_of_range(noise, {}), IsEmpty());
}

/// `count` stretches of a second, of these many steps each.
std::vector<Stretch> stretches(std::size_t count, std::int64_t steps) {
  return std::vector<Stretch>(count, {1.0, steps});
}

TEST(StepDrift, ComparesTheLastThirdWithTheFirst) {
  auto run = stretches(1, 1);  // start-up: the first stretch is slow and does not count
  for (const auto steps : {100, 100, 100, 90, 90, 90, 80, 80, 80}) run.push_back({1.0, steps});
  EXPECT_NEAR(step_drift(run).value(), 0.25, 1e-12);
}

TEST(StepDrift, OneBadStretchInEachThirdChangesNothing) {
  auto run = stretches(16, 100);
  run[2].time_s = 50;
  run[14].time_s = 30;
  EXPECT_DOUBLE_EQ(step_drift(run).value(), 0);
}

TEST(StepDrift, NeedsThreeStretchesInAThird) {
  EXPECT_EQ(step_drift({}), std::nullopt);
  EXPECT_EQ(step_drift(stretches(9, 100)), std::nullopt);
  EXPECT_TRUE(step_drift(stretches(10, 100)).has_value());
  auto with_gaps = stretches(10, 100);
  with_gaps[4].steps = 0;
  EXPECT_EQ(step_drift(with_gaps), std::nullopt);
}

}  // namespace
}  // namespace timetrial::hardware
