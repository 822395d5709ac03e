// NVML through a stand-in for NVIDIA's library, which this executable finds before any other.
#include "harness/hardware/nvml.h"

#include "harness/hardware/noise.h"
#include "tests/harness/hardware/fake_system.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>

namespace timetrial::hardware {
namespace {

TEST(Nvml, TellsTheGpusOfTheDriver) {
  const auto gpus = detect_gpus();
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_EQ(gpus[0].name, "NVIDIA Fake");
  EXPECT_EQ(gpus[0].memory_mb, 81'920);
  EXPECT_EQ(gpus[1].driver, "550.1");
}

TEST(Nvml, ADriverThatDoesNotWorkIsNoGpu) {
  ::setenv("FAKE_NVML_BROKEN", "1", 1);
  EXPECT_TRUE(detect_gpus().empty());
  EXPECT_TRUE(gpu_heat_throttled_s().empty());
  ::unsetenv("FAKE_NVML_BROKEN");
}

TEST(Nvml, HeatIsInSecondsAndUnknownWhereTheDriverDoesNotTell) {
  ::setenv("FAKE_NVML_HEAT_NS", "2500000000", 1);
  const auto heat = gpu_heat_throttled_s();
  ASSERT_EQ(heat.size(), 2U);
  EXPECT_DOUBLE_EQ(heat[0].value(), 2.5);
  EXPECT_EQ(heat[1], std::nullopt);
}

using GpuNoise = FakeSystem;

TEST_F(GpuNoise, AGpuThatWasHotCountsAsThrottled) {
  write("proc/uptime", "0.00 0\n");
  ::setenv("FAKE_NVML_HEAT_NS", "1000000000", 1);
  const NoiseProbe probe(::getpid(), {proc(), sys(), true, {0}});
  write("proc/uptime", "8.00 0\n");
  ::setenv("FAKE_NVML_HEAT_NS", "3000000000", 1);
  EXPECT_DOUBLE_EQ(probe.stop().throttled_fraction.value(), 0.25);
}

}  // namespace
}  // namespace timetrial::hardware
