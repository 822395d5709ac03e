#include "harness/hardware/profile_file.h"

#include "harness/hardware/profile.h"
#include "harness/trial/error.h"
#include "tests/harness/hardware/fake_system.h"

#include <gmock/gmock.h>

namespace timetrial::hardware {
namespace {

using ::testing::IsEmpty;

Measurement measured(double median) {
  Measurement measurement{.device = "cpu", .threads = 3, .values = {}};
  for (const auto& measure : kMeasures) {
    measurement.values[measure.key] = {median, median * 0.9, median * 1.1, 9};
  }
  return measurement;
}

using WrittenProfile = FakeSystem;

TEST_F(WrittenProfile, IsOfTheVeryMachineItWasWrittenOn) {
  Fingerprint machine;
  machine.cpu_model = "Test \"CPU\"\n@ 2 GHz";  // what would end a string or a comment
  machine.usable_cpus = 3;
  machine.memory_mb = 10'000;
  machine.gpus = {{"NVIDIA Test", 1000, "1"}};
  write("lab.toml", profile_file("lab", machine, measured(50), 0.2));
  const auto profile = load_profile((folder() / "lab.toml").string());
  EXPECT_EQ(profile.name, "lab");
  EXPECT_THAT(mismatches(profile, machine), IsEmpty());
  EXPECT_EQ(profile.qualification.threads, 3);
  ASSERT_EQ(profile.qualification.ranges.size(), kMeasures.size());
  EXPECT_THAT(outside(profile.qualification, measured(41)), IsEmpty());
  EXPECT_THAT(outside(profile.qualification, measured(59)), IsEmpty());
  EXPECT_EQ(outside(profile.qualification, measured(39)).size(), kMeasures.size());
  machine.usable_cpus = 4;
  EXPECT_EQ(mismatches(profile, machine).size(), 1U);
}

TEST_F(WrittenProfile, NamesThatCannotBeOneAreRefused) {
  EXPECT_THROW(profile_file("my lab", {}, measured(1), 0.2), InputError);
  EXPECT_THROW(profile_file("", {}, measured(1), 0.2), InputError);
}

}  // namespace
}  // namespace timetrial::hardware
