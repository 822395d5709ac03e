#include "harness/hardware/profile.h"

#include "harness/trial/error.h"
#include "tests/harness/hardware/fake_system.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cstdlib>

namespace timetrial::hardware {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Fingerprint two_cores() {
  Fingerprint fingerprint;
  fingerprint.usable_cpus = 2;
  fingerprint.memory_mb = 24'000;
  return fingerprint;
}

std::string message_of_load(const std::string& name) {
  try {
    load_profile(name);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Profile, EveryCompiledProfileLoadsUnderItsFilesName) {
  ASSERT_FALSE(profile_names().empty());
  for (const auto& name : profile_names()) EXPECT_EQ(load_profile(name).name, name);
}

TEST(Profile, Cpu2coreIsTheClassOfTheMiniRules) {
  const auto profile = load_profile("cpu-2core");
  EXPECT_THAT(mismatches(profile, two_cores()), IsEmpty());
  EXPECT_EQ(machine_profile(two_cores()).name, "cpu-2core");

  auto other = two_cores();
  other.usable_cpus = 8;
  other.memory_mb = 1000;
  other.gpus = {{"NVIDIA H100 PCIe", 80'000, "550"}};
  EXPECT_FALSE(matches(profile, other));
  EXPECT_THAT(mismatches(profile, other),
              ElementsAre("8 usable CPUs, not 2", "1000 MiB of memory, not 3500 to 262144",
                          "1 GPUs, not 0"));
  EXPECT_EQ(machine_profile(other).name, "other");
}

TEST(Profile, ShippedOnesAreOfTheMachinesTheyName) {
  struct Case {
    const char* name;
    double cpus;
    std::int64_t memory_mb;
    std::vector<Gpu> gpus;
  };
  const std::vector<Gpu> v100(8, {"Tesla V100-SXM2-16GB", 16'384, "535.104.05"});
  const std::vector<Gpu> a100(4, {"NVIDIA A100-SXM4-40GB", 40'960, "550"});
  for (const auto& test :
       {Case{"algoperf-8xv100", 64, 241'000, v100}, Case{"algoperf-8xv100", 32, 228'000, v100},
        Case{"algoperf-4xa100", 48, 340'000, a100},
        Case{"h100", 26, 220'000, {{"NVIDIA H100 80GB HBM3", 81'559, "550"}}},
        Case{"other", 26, 220'000, {{"NVIDIA H100 PCIe", 81'559, "550"}}},
        Case{"h200", 16, 128'000, {{"NVIDIA H200", 143'771, "570"}}},
        Case{"other", 16, 128'000, std::vector<Gpu>(2, {"NVIDIA H200", 143'771, "570"})}}) {
    SCOPED_TRACE(test.name);
    Fingerprint machine;
    machine.usable_cpus = test.cpus;
    machine.memory_mb = test.memory_mb;
    machine.gpus = test.gpus;
    EXPECT_EQ(machine_profile(machine).name, test.name);
  }
}

TEST(Profile, OtherMachinesAreToldApartByWhatTheyAre) {
  auto machine = two_cores();
  EXPECT_EQ(machine_class(machine_profile(machine), machine), "cpu-2core");
  machine.usable_cpus = 8;
  machine.cpu_model = "Test CPU";
  EXPECT_EQ(machine_class(machine_profile(machine), machine), "other (Test CPU, 8 CPUs)");
  machine.gpus = {{"GPU A", 1, ""}};
  EXPECT_EQ(machine_class(machine_profile(machine), machine), "other (Test CPU, 8 CPUs, GPU A)");
}

using ProfileFile = FakeSystem;

constexpr char kMine[] =
    "name = 'mine'\ndescription = ''\ncpus_min = 2\ncpus_max = 2\nmemory_mb_min = 0\n"
    "memory_mb_max = 100000\ngpus = 0\n";

TEST_F(ProfileFile, LimitsAndRangesHaveDefaults) {
  write("mine.toml", kMine);
  const auto profile = load_profile((folder() / "mine.toml").string());
  const NoiseLimits defaults;
  EXPECT_EQ(profile.trial_memory_mb, 0);
  EXPECT_EQ(profile.noise.others_fraction, defaults.others_fraction);
  EXPECT_EQ(profile.noise.step_drift, std::nullopt);
  EXPECT_TRUE(profile.qualification.ranges.empty());
  const auto json = nlohmann::json::parse(to_json(profile));
  EXPECT_TRUE(json["qualification"].is_null());
  EXPECT_EQ(json["noise"]["judged_from_s"], defaults.judged_from_s);
}

TEST_F(ProfileFile, LimitsAndRangesAreRead) {
  write("mine.toml", std::string(kMine) +
                         "trial_memory_mb = 2048\n"
                         "[noise]\nsteal_fraction_max = 0.01\nothers_fraction_max = 0.02\n"
                         "throttled_fraction_max = 0.03\nstep_drift_max = 0.04\njudged_from_s = 5\n"
                         "[qualification]\nthreads = 2\n"
                         "[qualification.gemm_gflops]\nmin = 20\nmax = 30.5\n");
  const auto profile = load_profile((folder() / "mine.toml").string());
  EXPECT_EQ(profile.trial_memory_mb, 2048);
  EXPECT_EQ(profile.noise.steal_fraction, 0.01);
  EXPECT_EQ(profile.noise.others_fraction, 0.02);
  EXPECT_EQ(profile.noise.throttled_fraction, 0.03);
  EXPECT_EQ(profile.noise.step_drift, 0.04);
  EXPECT_EQ(profile.noise.judged_from_s, 5);
  EXPECT_EQ(profile.qualification.threads, 2);
  ASSERT_EQ(profile.qualification.ranges.size(), 1U);
  EXPECT_EQ(profile.qualification.ranges.at("gemm_gflops").max, 30.5);
  const auto json = nlohmann::json::parse(to_json(profile));
  EXPECT_EQ(json["qualification"]["gemm_gflops"]["min"], 20);
  EXPECT_EQ(json["noise"]["step_drift_max"], 0.04);
}

TEST_F(ProfileFile, BadLimitsAndRangesAreRefused) {
  struct Case {
    const char* text;
    const char* message;
  };
  for (const auto& test :
       {Case{"[noise]\nsteal_fraction_max = 5\n", "steal_fraction_max = 5 is out of range"},
        Case{"[noise]\nsteal_max = 0.1\n", "unknown key 'steal_max'"},
        Case{"[qualification]\nthreads = 0\n", "threads = 0 is out of range"},
        Case{"[qualification]\nthreads = 1\n[qualification.gemm]\nmin = 1\nmax = 2\n",
             "unknown key 'gemm'"},
        Case{"[qualification]\nthreads = 1\n[qualification.gemm_gflops]\nmin = 3\nmax = 2\n",
             "max = 2 is out of range"}}) {
    write("bad.toml", std::string(kMine) + test.text);
    EXPECT_THAT(message_of_load((folder() / "bad.toml").string()), HasSubstr(test.message));
  }
}

TEST_F(ProfileFile, TheEnvironmentMayNameOne) {
  write("mine.toml", kMine);
  const auto file = (folder() / "mine.toml").string();
  ::setenv("TIMETRIAL_HARDWARE_PROFILE", file.c_str(), 1);
  EXPECT_EQ(machine_profile(two_cores()).name, "mine");
  auto other = two_cores();
  other.usable_cpus = 8;
  try {
    machine_profile(other);
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("this machine is not of that profile (8 usable CPUs, not 2)"));
  }
  ::unsetenv("TIMETRIAL_HARDWARE_PROFILE");
}

TEST_F(ProfileFile, OneOfYourOwnNamesItsGpus) {
  write("mine.toml",
        "name = 'mine'\ndescription = ''\ncpus_min = 4\ncpus_max = 8\nmemory_mb_min = 0\n"
        "memory_mb_max = 100000\ngpus = 1\ngpu_name = '*H100*'\n");
  const auto profile = load_profile((folder() / "mine.toml").string());
  auto machine = two_cores();
  machine.usable_cpus = 6;
  machine.gpus = {{"NVIDIA H100 PCIe", 80'000, "550"}};
  EXPECT_THAT(mismatches(profile, machine), IsEmpty());
  machine.gpus[0].name = "NVIDIA A100";
  EXPECT_THAT(mismatches(profile, machine), ElementsAre("GPU 'NVIDIA A100', not '*H100*'"));
}

TEST_F(ProfileFile, BadProfilesAreRefused) {
  EXPECT_THAT(message_of_load("cpu-2cores"),
              HasSubstr("unknown hardware profile 'cpu-2cores'; did you mean cpu-2core"));
  const std::string start = "name = 'x'\ndescription = ''\n";
  write("order.toml", start + "cpus_min = 4\ncpus_max = 2\n");
  EXPECT_THAT(message_of_load((folder() / "order.toml").string()),
              HasSubstr("order.toml:4:12: cpus_max = 2 is out of range"));
  write("key.toml", start +
                        "cpus_min = 1\ncpus_max = 2\nmemory_mb_min = 1\nmemory_mb_max = 2\n"
                        "gpus = 0\ncores = 2\n");
  EXPECT_THAT(message_of_load((folder() / "key.toml").string()),
              HasSubstr("key.toml:8:1: unknown key 'cores'"));
}

}  // namespace
}  // namespace timetrial::hardware
