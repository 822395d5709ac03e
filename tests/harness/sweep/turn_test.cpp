#include "harness/sweep/turn.h"

#include <gtest/gtest.h>

namespace timetrial::sweep {
namespace {

std::filesystem::path device() { return std::filesystem::path(testing::TempDir()) / "device"; }

TEST(DeviceTurn, GoesToWhoWaitsBeforeWhoHadIt) {
  DeviceTurn a(device()), b(device());
  ASSERT_TRUE(a.try_take());
  EXPECT_FALSE(a.is_wanted());
  EXPECT_FALSE(b.try_take());
  EXPECT_TRUE(a.is_wanted());
  a.give_back();
  EXPECT_FALSE(a.try_take());  // b is first, even if it looks later
  EXPECT_TRUE(b.try_take());
  EXPECT_FALSE(a.try_take());
  b.give_back();
  EXPECT_TRUE(a.try_take());
}

TEST(DeviceTurn, PassesOverOneThatHasGone) {
  DeviceTurn a(device());
  ASSERT_TRUE(a.try_take());
  {
    DeviceTurn waiting(device());
    EXPECT_FALSE(waiting.try_take());
  }
  EXPECT_FALSE(a.is_wanted());
  a.give_back();
  EXPECT_TRUE(a.try_take());
}

TEST(Claim, IsOneSweepsAtATimeForEachTrial) {
  const auto work_root = std::filesystem::path(testing::TempDir()) / "store.db.work";
  const std::string one(64, 'a'), other(64, 'b');
  {
    const auto right = try_claim(work_root, one);
    EXPECT_TRUE(right);
    EXPECT_FALSE(try_claim(work_root, one));
    EXPECT_TRUE(try_claim(work_root, other));
  }
  EXPECT_TRUE(try_claim(work_root, one));
}

}  // namespace
}  // namespace timetrial::sweep
