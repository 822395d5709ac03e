#include "harness/cli/machine_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace timetrial::cli {
namespace {

using ::testing::HasSubstr;

/// A folder that looks like / of a machine.
class MachineChecks : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::path(::testing::TempDir()) /
            ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(root_);
    put("proc/cpuinfo", "processor\t: 0\nmodel name\t: Fast CPU\n\nprocessor\t: 1\n");
    put("proc/meminfo", "MemTotal: 24000000 kB\nMemAvailable: 20000000 kB\n");
    put("proc/loadavg", "0.10 0.20 0.30 1/100 42\n");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void put(const std::string& path, const std::string& content) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << content;
  }
  Check find(const std::string& name) {
    for (const auto& check : machine_checks(root_)) {
      if (check.name == name) return check;
    }
    return {"no such check", CheckState::missing, "", ""};
  }

  std::filesystem::path root_;
};

TEST_F(MachineChecks, FindsNothingWrongWithAQuietMachine) {
  for (const auto& check : machine_checks(root_)) {
    SCOPED_TRACE(check.name + ": " + check.detail);
    EXPECT_EQ(check.state, CheckState::ok);
    EXPECT_EQ(check.remedy, "");
  }
  EXPECT_EQ(find("processor").detail, "2 cores, Fast CPU");
  EXPECT_EQ(find("memory").detail, "24.6 GB, 20.5 GB free");
  EXPECT_EQ(find("GPU").detail, "none; trials run on the CPU");
}

TEST_F(MachineChecks, RemarksWhatMakesMeasurementsWorse) {
  struct Case {
    const char *path, *content, *check, *detail;
  };
  const Case cases[] = {
      {"proc/loadavg", "1.75 0 0 1/9 4\n", "load", "1.75 over the last minute"},
      {"proc/meminfo", "MemTotal: 2000000 kB\nMemAvailable: 1000000 kB\n", "memory", "1.0 GB free"},
      {"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n", "CPU governor",
       "powersave"},
      {"sys/class/power_supply/BAT0/status", "Discharging\n", "power", "battery"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.path);
    put(c.path, c.content);
    const auto check = find(c.check);
    EXPECT_EQ(check.state, CheckState::remark);
    EXPECT_THAT(check.detail, HasSubstr(c.detail));
    EXPECT_NE(check.remedy, "");
  }
}

TEST_F(MachineChecks, NamesTheGpuDriver) {
  put("proc/driver/nvidia/version", "NVRM version: 580.1\n");
  EXPECT_EQ(find("GPU").detail, "NVRM version: 580.1");
}

}  // namespace
}  // namespace timetrial::cli
