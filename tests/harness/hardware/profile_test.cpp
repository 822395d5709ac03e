#include "harness/hardware/profile.h"

#include "harness/trial/error.h"
#include "tests/harness/hardware/fake_system.h"

#include <gmock/gmock.h>

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
  EXPECT_EQ(profile_name(two_cores()), "cpu-2core");

  auto other = two_cores();
  other.usable_cpus = 8;
  other.memory_mb = 1000;
  other.gpus = {{"NVIDIA H100 PCIe", 80'000, "550"}};
  EXPECT_FALSE(matches(profile, other));
  EXPECT_THAT(mismatches(profile, other),
              ElementsAre("8 usable CPUs, not 2", "1000 MiB of memory, not 3500 to 262144",
                          "1 GPUs, not 0"));
  EXPECT_EQ(profile_name(other), "other");
}

using ProfileFile = FakeSystem;

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
