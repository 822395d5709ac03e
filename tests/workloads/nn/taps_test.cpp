// Who hears what a forward pass reports.
#include "workloads/nn/taps.h"

#include <gmock/gmock.h>

#include <optional>
#include <thread>

namespace timetrial::nn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Taps, HearWhatIsReportedWhileTheyLive) {
  tap("before", 1);  // nobody listens: lost
  EXPECT_FALSE(tapping());
  {
    const Taps taps;
    EXPECT_TRUE(tapping());
    tap("b", 2);
    tap("a", 3);
    tap("b", 4);
    EXPECT_THAT(taps.values(), ElementsAre(Pair("a", 3), Pair("b", 4)));
  }
  EXPECT_FALSE(tapping());
  const Taps later;
  EXPECT_THAT(later.values(), IsEmpty());
}

TEST(Taps, OfNestedOnesTheInnermostHears) {
  const Taps outer;
  {
    const Taps inner;
    tap("inside", 1);
    EXPECT_THAT(inner.values(), ElementsAre(Pair("inside", 1)));
  }
  tap("outside", 2);
  EXPECT_THAT(outer.values(), ElementsAre(Pair("outside", 2)));
}

TEST(Taps, HearTheirOwnThreadOnly) {
  const Taps taps;
  std::optional<bool> other_thread_taps;
  std::thread([&] {
    other_thread_taps = tapping();
    tap("elsewhere", 1);
  }).join();
  EXPECT_EQ(other_thread_taps, false);
  EXPECT_THAT(taps.values(), IsEmpty());
}

}  // namespace
}  // namespace timetrial::nn
