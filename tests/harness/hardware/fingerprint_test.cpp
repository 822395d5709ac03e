#include "harness/hardware/fingerprint.h"

#include "harness/hardware/settings.h"
#include "tests/harness/hardware/fake_system.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace timetrial::hardware {
namespace {

class FingerprintTest : public FakeSystem {
 protected:
  void SetUp() override {
    FakeSystem::SetUp();
    std::string cpus;
    for (int cpu = 0; cpu < 4; ++cpu) {  // two packages of one core with two threads each
      cpus += "processor\t: " + std::to_string(cpu) + "\nmodel name\t: Test CPU @ 2.0GHz\n" +
              "physical id\t: " + std::to_string(cpu / 2) + "\ncore id\t\t: 0\n" +
              "flags\t\t: fpu sse2 fma avx2 hypervisor avx512f\n\n";
    }
    write("proc/cpuinfo", cpus);
    write("proc/meminfo", "MemTotal:       8388608 kB\nMemFree:  1 kB\n");
    write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  }
  Fingerprint detect_fake() const { return detect({proc(), sys(), false, false}); }
};

TEST_F(FingerprintTest, ReadsWhatTheKernelSays) {
  const auto fingerprint = detect_fake();
  EXPECT_EQ(fingerprint.cpu_model, "Test CPU @ 2.0GHz");
  EXPECT_EQ(fingerprint.cpu_flags, (std::vector<std::string>{"avx2", "avx512f", "fma"}));
  EXPECT_EQ(fingerprint.machine_cpus, 4);
  EXPECT_EQ(fingerprint.machine_cores, 2);
  EXPECT_EQ(fingerprint.memory_mb, 8192);
  EXPECT_EQ(fingerprint.governor, "performance");
  EXPECT_TRUE(fingerprint.virtual_machine);
  EXPECT_THAT(fingerprint.kernel, ::testing::StartsWith("Linux "));
}

TEST_F(FingerprintTest, ContainerLimitsCount) {
  write("sys/fs/cgroup/cpu.max", "50000 100000\n");
  write("sys/fs/cgroup/memory.max", "1073741824\n");
  EXPECT_EQ(detect_fake().usable_cpus, 0.5);
  EXPECT_EQ(detect_fake().memory_mb, 1024);
  write("sys/fs/cgroup/cpu.max", "max 100000\n");
  write("sys/fs/cgroup/memory.max", "max\n");
  EXPECT_GE(detect_fake().usable_cpus, 1);
  EXPECT_EQ(detect_fake().memory_mb, 8192);
}

TEST_F(FingerprintTest, TheHashIsOfTheMachineNotOfTheMoment) {
  const auto before = hash(detect_fake());
  write("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "1700000\n");
  write("proc/loadavg", "3.00 2.0 1.0 4/200 300\n");
  EXPECT_EQ(hash(detect_fake()), before);
  write("sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "3500000\n");
  EXPECT_NE(hash(detect_fake()), before);
}

TEST_F(FingerprintTest, FrequenciesAreThoseOfAllCpus) {
  const auto folder = [](int cpu) {
    return "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cpufreq/";
  };
  EXPECT_EQ(detect_fake().min_mhz, 0);
  EXPECT_EQ(current_mhz(proc(), sys()), std::nullopt);
  for (const int cpu : {0, 1}) {  // the second is a small, efficient one
    write(folder(cpu) + "cpuinfo_min_freq", cpu == 0 ? "800000\n" : "400000\n");
    write(folder(cpu) + "cpuinfo_max_freq", cpu == 0 ? "4700000\n" : "3300000\n");
    write(folder(cpu) + "scaling_cur_freq", cpu == 0 ? "2000000\n" : "1000000\n");
  }
  EXPECT_EQ(detect_fake().min_mhz, 400);
  EXPECT_EQ(detect_fake().max_mhz, 4700);
  EXPECT_EQ(current_mhz(proc(), sys()), 1500);
}

TEST_F(FingerprintTest, WithoutCpufreqTheKernelsListTellsTheFrequency) {
  write("proc/cpuinfo",
        "processor\t: 0\ncpu MHz\t\t: 2600.5\n\nprocessor\t: 1\ncpu MHz\t\t: 2599.5\n");
  EXPECT_EQ(current_mhz(proc(), folder() / "none"), 2600);
}

TEST(Settings, CpusAreListedAsTasksetDoes) {
  EXPECT_EQ(cpu_list({}), "");
  EXPECT_EQ(cpu_list({3}), "3");
  EXPECT_EQ(cpu_list({0, 1, 2, 3, 8, 10, 11}), "0-3,8,10-11");
}

TEST(Settings, HoldWhatDecidesThreadsAndNothingElse) {
  ::setenv("OMP_NUM_THREADS", "3", 1);
  ::setenv("TIMETRIAL_SECRET", "x", 1);
  const auto settings = detect_settings();
  const auto json = nlohmann::json::parse(to_json(settings));
  EXPECT_FALSE(settings.cpus.empty());
  EXPECT_EQ(json["affinity"], cpu_list(settings.cpus));
  EXPECT_EQ(json["thread_settings"]["OMP_NUM_THREADS"], "3");
  EXPECT_FALSE(json["thread_settings"].contains("TIMETRIAL_SECRET"));
  ::unsetenv("OMP_NUM_THREADS");
}

TEST(Topology, OfThisMachineAddsUp) {
  const auto topology = detect_topology();
  if (topology.numa_nodes == 0) GTEST_SKIP() << "hwloc cannot tell here";
  for (const auto& cache : topology.caches) {
    EXPECT_GE(cache.level, 1);
    EXPECT_GT(cache.size_kb, 0);
    EXPECT_GE(cache.count, 1);
  }
}

TEST(Fingerprint, NothingToReadIsNoError) {
  const auto fingerprint = detect({"/no/such/proc", "/no/such/sys", false, false});
  EXPECT_EQ(fingerprint.cpu_model, "unknown");
  EXPECT_EQ(fingerprint.governor, "unknown");
  EXPECT_EQ(fingerprint.memory_mb, 0);
}

TEST(Fingerprint, ThisMachineIsDescribedTheSameTwice) {
  const auto first = detect(), second = detect();
  EXPECT_GE(first.usable_cpus, 0.1);
  EXPECT_GT(first.memory_mb, 100);
  EXPECT_EQ(to_json(first), to_json(second));
  EXPECT_EQ(hash(first), hash(second));
}

TEST_F(FingerprintTest, JsonHoldsEveryFieldAndTheHashFollowsIt) {
  auto fingerprint = detect_fake();
  fingerprint.gpus = {{"Test GPU", 1024, "550.1"}};
  const auto json = nlohmann::json::parse(to_json(fingerprint));
  EXPECT_EQ(json["memory_mb"], 8192);
  EXPECT_EQ(json["gpus"][0]["name"], "Test GPU");
  EXPECT_EQ(json.size(), 15U);
  auto other = fingerprint;
  other.topology.caches = {{3, 'u', 32768, 1}};
  EXPECT_NE(hash(other), hash(fingerprint));
  EXPECT_EQ(nlohmann::json::parse(to_json(other))["caches"][0]["kind"], "unified");
  other = fingerprint;
  other.gpus[0].driver = "560.1";
  EXPECT_NE(hash(other), hash(fingerprint));
  other.cpu_model = "\xff not UTF-8";
  EXPECT_NO_THROW(to_json(other));
}

}  // namespace
}  // namespace timetrial::hardware
