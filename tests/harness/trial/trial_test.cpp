#include "harness/trial/trial.h"

#include <gtest/gtest.h>

#include <set>

namespace timetrial {
namespace {

constexpr int kKinds = static_cast<int>(OutcomeKind::interrupted) + 1;

TEST(OutcomeKind, NamesReadBackAsWhatTheyName) {
  std::set<std::string> names;
  for (int i = 0; i < kKinds; ++i) {
    const auto kind = static_cast<OutcomeKind>(i);
    names.insert(to_string(kind));
    EXPECT_EQ(parse_outcome(to_string(kind)), kind);
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kKinds));
  EXPECT_EQ(parse_outcome("Crashed"), std::nullopt);
  EXPECT_EQ(parse_outcome(""), std::nullopt);
}

TEST(OutcomeKind, NamesAreTheDocumentedOnes) {
  EXPECT_STREQ(to_string(OutcomeKind::target_reached), "target_reached");
  EXPECT_STREQ(to_string(OutcomeKind::out_of_memory_device), "out_of_memory_device");
  EXPECT_STREQ(to_string(OutcomeKind::hung), "hung");
  EXPECT_STREQ(to_string(OutcomeKind::interrupted), "interrupted");
}

TEST(OutcomeKind, OnlyAnInterruptionIsNotFinalAndFourAreRegular) {
  int final_kinds = 0, regular = 0;
  for (int i = 0; i < kKinds; ++i) {
    final_kinds += is_final(static_cast<OutcomeKind>(i)) ? 1 : 0;
    regular += is_regular(static_cast<OutcomeKind>(i)) ? 1 : 0;
  }
  EXPECT_EQ(final_kinds, kKinds - 1);
  EXPECT_FALSE(is_final(OutcomeKind::interrupted));
  EXPECT_EQ(regular, 4);
  EXPECT_TRUE(is_regular(OutcomeKind::diverged));
  EXPECT_FALSE(is_regular(OutcomeKind::crashed));
}

TEST(TrialKey, IsReadableAndOrdered) {
  const TrialKey key{"adamw", "fashion_mnist_vit", 0, 1};
  EXPECT_EQ(to_string(key), "adamw / fashion_mnist_vit / study 0 / trial 1");
  EXPECT_LT(key, (TrialKey{"adamw", "fashion_mnist_vit", 0, 2}));
  EXPECT_LT(key, (TrialKey{"lion", "a", 0, 0}));
}

}  // namespace
}  // namespace timetrial
