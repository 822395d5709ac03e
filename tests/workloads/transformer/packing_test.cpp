// Packing sentence pairs into rows, against AlgoPerf's recorded rows and by hand.
#include "workloads/transformer/packing.h"

#include <gmock/gmock.h>

#include "tests/support/recorded_checks.h"

namespace timetrial::transformer {
namespace {

using testing::HasSubstr;

const std::filesystem::path kRecord = std::filesystem::path(TIMETRIAL_SOURCE_DIR) /
                                      "tests/workloads/transformer/fixtures/data_wmt_pack.json";

TEST(Packing, IsAlgoPerfs) { test::expect_recorded(kRecord); }

TEST(Packing, TheCheckCanFail) {
  auto record = test::read_record(kRecord);
  record["packed"][1]["targets_position"][3] = 1;
  EXPECT_FALSE(test::all_passed(test::recorded_checks(record, kRecord)));
}

TEST(Packing, StartsANewRowWhereEitherSideIsFull) {
  const SentencePair pairs[] = {{{1, 2}, {3}}, {{4}, {5, 6, 7}}, {{8}, {9}}};
  const auto rows = pack(pairs, 4);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].inputs.tokens, (Tokens{1, 2, 4, 0}));
  EXPECT_EQ(rows[0].inputs.position, (Tokens{0, 1, 0, 0}));
  EXPECT_EQ(rows[0].inputs.segmentation, (Tokens{1, 1, 2, 0}));
  EXPECT_EQ(rows[0].targets.tokens, (Tokens{3, 5, 6, 7}));
  EXPECT_EQ(rows[0].targets.segmentation, (Tokens{1, 2, 2, 2}));
  EXPECT_EQ(rows[1].targets.tokens, (Tokens{9, 0, 0, 0}));
  EXPECT_EQ(rows[1].targets.segmentation, (Tokens{1, 0, 0, 0}));
}

TEST(Packing, NeverMixesGroups) {
  // Groups of 3: a row ends with each, though a fourth pair would fit beside the third.
  const SentencePair pairs[] = {{{1, 1, 1}, {1}}, {{2, 2, 2}, {2}}, {{3}, {3}}, {{4}, {4}}};
  const auto rows = pack(pairs, 3);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[2].inputs.tokens, (Tokens{3, 0, 0}));
  EXPECT_EQ(rows[3].inputs.tokens, (Tokens{4, 0, 0}));
}

TEST(Packing, CutsWhatIsTooLong) {
  const SentencePair pairs[] = {{{1, 2, 3, 4}, {5}}, {{6}, {7}}};
  const auto rows = pack(pairs, 3);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].inputs.tokens, (Tokens{1, 2, 3}));
  EXPECT_EQ(rows[1].inputs.tokens, (Tokens{6, 0, 0}));
}

TEST(Packing, NumbersOnlySentencesWithTokens) {
  const SentencePair pairs[] = {{{1}, {}}, {{2}, {3}}};
  const auto rows = pack(pairs, 4);
  EXPECT_EQ(rows[0].inputs.segmentation, (Tokens{1, 2, 0, 0}));
  EXPECT_EQ(rows[0].targets.segmentation, (Tokens{1, 0, 0, 0}));
}

TEST(Packing, OfNothingIsNothing) { EXPECT_TRUE(pack({}, 4).empty()); }

// AlgoPerf counts the tokens of a sentence by those that are not 0, and masks the 0 within.
TEST(Packing, UnknownTokensAreTakenForPadding) {
  const SentencePair pairs[] = {{{5, 0, 6, 7}, {0, 8}}, {{9}, {0}}, {{3}, {4}}};
  const auto rows = pack(pairs, 8);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].inputs.tokens, (Tokens{5, 0, 6, 9, 3, 0, 0, 0}));
  EXPECT_EQ(rows[0].inputs.position, (Tokens{0, 1, 2, 0, 0, 0, 0, 0}));
  EXPECT_EQ(rows[0].inputs.segmentation, (Tokens{1, 0, 1, 2, 3, 0, 0, 0}));
  EXPECT_EQ(rows[0].targets.tokens, (Tokens{0, 4, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(rows[0].targets.segmentation, (Tokens{0, 2, 0, 0, 0, 0, 0, 0}));
}

TEST(Packing, RefusesNegativeTokensAndNoLength) {
  const SentencePair pairs[] = {{{1, -1}, {2}}};
  try {
    pack(pairs, 4);
    FAIL() << "accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("token -1 in a sentence"));
  }
  EXPECT_THROW(pack({}, 0), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::transformer
