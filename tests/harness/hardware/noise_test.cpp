#include "harness/hardware/noise.h"

#include "tests/harness/hardware/fake_system.h"

#include <gmock/gmock.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

namespace timetrial::hardware {
namespace {

using NoiseTest = FakeSystem;

TEST_F(NoiseTest, IsTheDifferenceBetweenStartAndStop) {
  const double tick = 1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  write("proc/loadavg", "0.50 0.4 0.3 1/200 300\n");
  write("proc/stat", "cpu  100 0 50 800 20 0 0 30 0 0\ncpu0 1 1 1 1\n");
  write("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n");
  write("proc/7/task/7/status", "Name:\tx\nnonvoluntary_ctxt_switches:\t10\n");
  write("proc/7/task/8/status", "Name:\tx\nnonvoluntary_ctxt_switches:\t5\n");
  const NoiseProbe probe(7, proc());
  write("proc/loadavg", "2.00 0.4 0.3 1/200 300\n");
  write("proc/stat", "cpu  130 10 60 840 20 0 0 40 0 0\n");
  write("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1250000\n");
  write("proc/7/task/8/status", "Name:\tx\nnonvoluntary_ctxt_switches:\t9\n");

  const auto noise = probe.stop();
  EXPECT_EQ(noise.load_before, 0.5);
  EXPECT_EQ(noise.load_after, 2.0);
  EXPECT_DOUBLE_EQ(noise.steal_s, 10 * tick);
  EXPECT_DOUBLE_EQ(noise.busy_fraction, 0.5);  // 50 of 100 ticks
  EXPECT_DOUBLE_EQ(noise.cpu_pressure_s.value(), 0.25);
  EXPECT_EQ(noise.involuntary_switches, 4);
  const auto json = nlohmann::json::parse(to_json(noise));
  EXPECT_EQ(json["involuntary_switches"], 4);
  EXPECT_EQ(json["load_after"], 2.0);
}

TEST_F(NoiseTest, WhatTheKernelDoesNotTellIsNull) {
  const NoiseProbe probe(7, proc());
  const auto json = nlohmann::json::parse(to_json(probe.stop()));
  EXPECT_TRUE(json["cpu_pressure_s"].is_null());
  EXPECT_TRUE(json["involuntary_switches"].is_null());
  EXPECT_EQ(json["steal_s"], 0.0);
}

TEST(Noise, CountsThisProcess) {
  const NoiseProbe probe(::getpid());
  const auto noise = probe.stop();
  EXPECT_GE(noise.involuntary_switches.value(), 0);
  EXPECT_GE(noise.busy_fraction, 0);
  EXPECT_LE(noise.busy_fraction, 1);
}

}  // namespace
}  // namespace timetrial::hardware
