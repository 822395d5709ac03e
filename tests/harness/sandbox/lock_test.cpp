#include "harness/sandbox/lock.h"

#include <gtest/gtest.h>

namespace timetrial::sandbox {
namespace {

TEST(Lock, IsHeldByOneAtATime) {
  const auto file = std::filesystem::path(testing::TempDir()) / "lock_test" / "a.lock";
  {
    const auto first = Lock::try_acquire(file);
    ASSERT_TRUE(first);
    EXPECT_FALSE(Lock::try_acquire(file));
    EXPECT_FALSE(Lock::acquire_within(file, std::chrono::milliseconds(1)));
  }
  EXPECT_TRUE(Lock::try_acquire(file));
}

TEST(Lock, OfADeviceIsAFileOfItsOwn) {
  EXPECT_NE(device_lock_file("cpu"), device_lock_file("cuda:0"));
  EXPECT_EQ(device_lock_file("cuda:0").filename(), "device-cuda-0.lock");
}

}  // namespace
}  // namespace timetrial::sandbox
