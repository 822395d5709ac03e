#include "harness/hardware/noise.h"

#include "harness/hardware/cpu_times.h"
#include "tests/harness/hardware/fake_system.h"

#include <gmock/gmock.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <ctime>

namespace timetrial::hardware {
namespace {

class NoiseTest : public FakeSystem {
 protected:
  NoiseProbe probe(std::vector<int> cpus = {0, 1}) const {
    return NoiseProbe(7, {proc(), sys(), false, std::move(cpus)});
  }
  /// /proc/PID/stat: its parent, and the ticks it used; a name that tries to mislead.
  void write_process(const std::string& pid, int parent, int ticks,
                     int ticks_of_children = 0) const {
    const auto number = pid == "self" ? std::string("100") : pid;
    write("proc/" + pid + "/stat", number + " (a) S 9 (b) S " + std::to_string(parent) +
                                       " 1 1 0 -1 0 0 0 0 0 " + std::to_string(ticks) + " 0 " +
                                       std::to_string(ticks_of_children) + " 0 20 0 1 0\n");
  }
};

TEST_F(NoiseTest, IsTheDifferenceBetweenStartAndStop) {
  const double tick = 1.0 / ticks_per_s();
  write("proc/uptime", "1000.00 1.0\n");
  write("proc/loadavg", "0.50 0.4 0.3 1/200 300\n");
  write("proc/stat", "cpu  100 0 50 800 20 0 0 30 0 0\n");
  write("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n");
  write("proc/7/task/7/status", "Name:\tx\nnonvoluntary_ctxt_switches:\t10\n");
  write("proc/7/task/8/status", "Name:\tx\nnonvoluntary_ctxt_switches:\t5\n");
  const auto started = probe();
  write("proc/uptime", "1040.50 1.0\n");
  write("proc/loadavg", "2.00 0.4 0.3 1/200 300\n");
  write("proc/stat", "cpu  130 10 60 840 20 0 0 40 0 0\n");
  write("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1250000\n");
  write("proc/7/task/8/status", "Name:\tx\nnonvoluntary_ctxt_switches:\t9\n");

  const auto noise = started.stop();
  EXPECT_DOUBLE_EQ(noise.duration_s, 40.5);
  EXPECT_EQ(noise.load_before, 0.5);
  EXPECT_EQ(noise.load_after, 2.0);
  EXPECT_DOUBLE_EQ(noise.steal_s, 10 * tick);
  EXPECT_DOUBLE_EQ(noise.steal_fraction, 0.1);  // 10 of 100 ticks
  EXPECT_DOUBLE_EQ(noise.busy_fraction, 0.5);
  EXPECT_DOUBLE_EQ(noise.cpu_pressure_s.value(), 0.25);
  EXPECT_EQ(noise.involuntary_switches, 4);
  EXPECT_GT(noise.reference_ms_before, 0);
  const auto json = nlohmann::json::parse(to_json(noise));
  EXPECT_EQ(json["involuntary_switches"], 4);
  EXPECT_EQ(json["load_after"], 2.0);
  EXPECT_EQ(json["steal_fraction"], 0.1);
}

TEST_F(NoiseTest, CountsTheCpusThatThisProcessMayUse) {
  const std::string machine = "cpu  1 1 1 1 1 1 1 1\n";
  write("proc/stat",
        machine + "cpu0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0\ncpu2 0 0 0 0 0 0 0 0\n");
  const auto started = probe({0, 2});
  write("proc/stat",
        machine + "cpu0 40 0 0 60 0 0 0 0\ncpu1 100 0 0 0 0 0 0 0\ncpu2 0 0 0 80 0 0 0 20\n");
  const auto noise = started.stop();
  EXPECT_DOUBLE_EQ(noise.busy_fraction, 0.2);
  EXPECT_DOUBLE_EQ(noise.steal_fraction, 0.1);
}

TEST_F(NoiseTest, WhatThisProcessAndItsDescendantsUseIsNotLoadByOthers) {
  write("proc/stat", "cpu  0 0 0 0 0 0 0 0\n");
  write_process("self", 1, 10, 5);  // the referee; has waited for children
  write_process("100", 1, 10, 5);   // the same by its number
  write_process("200", 100, 40);    // the worker
  write_process("300", 200, 7);     // one that it started
  write_process("400", 1, 1000);    // a stranger
  const auto started = probe();
  write("proc/stat", "cpu  160 0 0 40 0 0 0 0\n");
  write_process("self", 1, 20, 5);
  write_process("200", 100, 100);
  write_process("300", 200, 17);
  write_process("400", 1, 5000);
  // 160 busy, of which 10 + 60 + 10 are own.
  EXPECT_DOUBLE_EQ(started.stop().others_fraction.value(), 0.4);

  // The worker has ended, with what it started, and was waited for: nothing is counted twice.
  std::filesystem::remove_all(proc() / "200");
  std::filesystem::remove_all(proc() / "300");
  write_process("self", 1, 20, 5 + 100 + 17);
  EXPECT_DOUBLE_EQ(started.stop().others_fraction.value(), 0.4);
}

TEST_F(NoiseTest, TimeOfAWorkerThatIsKilledIsStillItsOwn) {
  write("proc/stat", "cpu  0 0 0 0 0 0 0 0\n");
  write_process("self", 1, 10);
  write_process("100", 1, 10);
  auto started = probe();
  write_process("200", 100, 90);  // the worker
  started.look();
  // Killed with the first process of its namespace: nobody is told what it used.
  std::filesystem::remove_all(proc() / "200");
  write("proc/stat", "cpu  100 0 0 100 0 0 0 0\n");
  EXPECT_DOUBLE_EQ(started.stop().others_fraction.value(), 0.05);
}

TEST_F(NoiseTest, UnderAQuotaLoadByOthersIsUnknown) {
  write("proc/stat", "cpu  0 0 0 0 0 0 0 0\n");
  write("sys/fs/cgroup/cpu.max", "150000 100000\n");
  const auto started = probe();
  write("proc/stat", "cpu  100 0 0 100 0 0 0 0\n");
  EXPECT_EQ(started.stop().others_fraction, std::nullopt);
  write("sys/fs/cgroup/cpu.max", "200000 100000\n");  // no less than the CPUs
  EXPECT_DOUBLE_EQ(started.stop().others_fraction.value(), 0.5);
}

TEST_F(NoiseTest, ThrottlingIsThatOfTheHottestPart) {
  const auto folder = [](int cpu) {
    return "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/thermal_throttle/";
  };
  write("proc/uptime", "0.00 0\n");
  for (const int cpu : {0, 1}) {
    write(folder(cpu) + "core_throttle_count", "100\n");
    write(folder(cpu) + "package_throttle_total_time_ms", "5000\n");
  }
  const auto started = probe();
  write("proc/uptime", "10.00 0\n");
  write(folder(0) + "core_throttle_count", "103\n");
  write(folder(1) + "core_throttle_count", "107\n");
  write(folder(1) + "package_throttle_total_time_ms", "7500\n");
  const auto noise = started.stop();
  EXPECT_EQ(noise.throttle_events, 7);
  EXPECT_DOUBLE_EQ(noise.throttled_fraction.value(), 0.25);
}

TEST_F(NoiseTest, SwitchesOfAProcessThatHasGoneAreThoseOfTheLastLook) {
  write("proc/7/task/7/status", "nonvoluntary_ctxt_switches:\t10\n");
  auto started = probe();
  write("proc/7/task/7/status", "nonvoluntary_ctxt_switches:\t16\n");
  started.look();
  std::filesystem::remove_all(proc() / "7");
  EXPECT_EQ(started.stop().involuntary_switches, 6);
}

TEST_F(NoiseTest, WhatTheKernelDoesNotTellIsNull) {
  const auto json = nlohmann::json::parse(to_json(probe().stop()));
  for (const char* key : {"cpu_pressure_s", "involuntary_switches", "others_fraction", "mhz_before",
                          "throttle_events", "throttled_fraction", "step_drift"}) {
    EXPECT_TRUE(json.at(key).is_null()) << key;
  }
  EXPECT_EQ(json["steal_s"], 0.0);
}

TEST(Noise, CountsThisProcess) {
  const NoiseProbe probe(::getpid());
  const auto noise = probe.stop();
  EXPECT_GE(noise.involuntary_switches.value(), 0);
  EXPECT_GE(noise.busy_fraction, 0);
  EXPECT_LE(noise.busy_fraction, 1);
  // The kernel counts in ticks: work until some must have been counted.
  const auto worked_s = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
  while (worked_s() < 5 / ticks_per_s()) {
  }
  EXPECT_GT(read_own_ticks("/proc"), 0);
}

}  // namespace
}  // namespace timetrial::hardware
