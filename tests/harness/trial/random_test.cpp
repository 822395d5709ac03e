// The SDK's random numbers, which every seed of the project comes from.
#include <timetrial/random.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace timetrial {
namespace {

// Known answers of Random123 (Salmon et al. 2011), kat_vectors, philox4x32 with 10 rounds.
TEST(Philox, GivesTheKnownAnswers) {
  struct Case {
    std::array<std::uint32_t, 4> counter;
    std::array<std::uint32_t, 2> key;
    std::array<std::uint32_t, 4> answer;
  };
  constexpr std::uint32_t kOnes = 0xffffffff;
  const std::vector<Case> cases{
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{kOnes, kOnes, kOnes, kOnes},
       {kOnes, kOnes},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (const auto& test : cases) EXPECT_EQ(philox4x32(test.counter, test.key), test.answer);
}

// Vectors of the FNV reference (Fowler, Noll and Vo), 64-bit FNV-1a.
TEST(HashText, IsFnv1a) {
  EXPECT_EQ(hash_text(""), 0xcbf29ce484222325ULL);
  EXPECT_EQ(hash_text("a"), 0xaf63dc4c8601ec8cULL);
  EXPECT_EQ(hash_text("foobar"), 0x85944171f73967e8ULL);
}

TEST(Random, StreamIsThePhiloxBlocksInOrder) {
  Random random(0);
  EXPECT_EQ(random(), 0xe169c58d6627e8d5ULL);
  EXPECT_EQ(random(), 0x9b00dbd8bc57ac4cULL);
  const auto second = philox4x32({1, 0, 0, 0}, {0, 0});
  EXPECT_EQ(random(), (std::uint64_t{second[1]} << 32) | second[0]);
}

TEST(DeriveSeed, PurposesAndIndicesGiveUnrelatedSeeds) {
  std::set<std::uint64_t> seeds;
  for (const std::uint64_t parent : {0ULL, 1ULL, ~0ULL}) {
    for (const char* purpose : {"", "order", "dropout", "tuning"}) {
      for (const std::uint64_t index : {0ULL, 1ULL, 1ULL << 32, ~0ULL}) {
        seeds.insert(derive_seed(parent, purpose, index));
      }
    }
  }
  EXPECT_EQ(seeds.size(), 3U * 4U * 4U);
}

TEST(Random, UniformFillsTheUnitInterval) {
  Random random(7);
  double sum = 0, least = 1, most = 0;
  constexpr int kDraws = 10'000;
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    least = std::min(least, u);
    most = std::max(most, u);
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.015);  // five standard deviations
  EXPECT_LT(least, 0.002);
  EXPECT_GT(most, 0.998);
}

TEST(Random, BelowTakesEveryValueEquallyOften) {
  Random random(3);
  std::vector<int> counts(6);
  constexpr int kDraws = 6000;
  for (int i = 0; i < kDraws; ++i) ++counts.at(random.below(6));
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);  // five standard deviations
  EXPECT_EQ(random.below(1), 0U);
}

}  // namespace
}  // namespace timetrial
