#include "harness/hardware/fingerprint.h"

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
  Fingerprint detect_fake() const { return detect({proc(), sys(), false}); }
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

TEST(Fingerprint, NothingToReadIsNoError) {
  const auto fingerprint = detect({"/no/such/proc", "/no/such/sys", false});
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
  EXPECT_EQ(json.size(), 10U);
  auto other = fingerprint;
  other.gpus[0].driver = "560.1";
  EXPECT_NE(hash(other), hash(fingerprint));
  other.cpu_model = "\xff not UTF-8";
  EXPECT_NO_THROW(to_json(other));
}

}  // namespace
}  // namespace timetrial::hardware
