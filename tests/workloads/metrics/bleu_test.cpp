// BLEU against AlgoPerf's recorded scores, and its rules one by one.
#include "workloads/metrics/bleu.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/support/recorded_checks.h"

namespace timetrial::metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::filesystem::path kRecord = std::filesystem::path(TIMETRIAL_SOURCE_DIR) /
                                      "tests/workloads/metrics/fixtures/metric_bleu.json";

TEST(BleuRecord, IsAlgoPerfs) { test::expect_recorded(kRecord); }

TEST(BleuRecord, TheCheckCanFail) {
  auto record = test::read_record(kRecord);
  record["cases"][0]["score"] = 69.6;
  EXPECT_FALSE(test::all_passed(test::recorded_checks(record, kRecord)));
  record = test::read_record(kRecord);
  record["cases"][4]["tokenized_ref"][0] = "It costs";
  EXPECT_FALSE(test::all_passed(test::recorded_checks(record, kRecord)));
}

TEST(Tokenize13a, CutsPunctuationOff) {
  EXPECT_THAT(tokenize_13a("Hi (you), \"it's\"!"),
              ElementsAre("Hi", "(", "you", ")", ",", "\"", "it's", "\"", "!"));
}

TEST(Tokenize13a, LeavesNumbersWhole) {
  EXPECT_THAT(tokenize_13a("1,234.56 3-4 a-b 5."),
              ElementsAre("1,234.56", "3", "-", "4", "a-b", "5", "."));
  EXPECT_THAT(tokenize_13a("v.5 .5"), ElementsAre("v", ".", "5", ".", "5"));
}

TEST(Tokenize13a, DecodesEntitiesOnce) {
  // &amp; before &lt;, so that &amp;lt; becomes <, as in mteval's order.
  EXPECT_THAT(tokenize_13a("a&quot;b &amp;lt; &lt;skipped&gt; <skipped>x"),
              ElementsAre("a", "\"", "b", "<", "<", "skipped", ">", "x"));
}

TEST(Tokenize13a, JoinsLinesAtHyphens) {
  EXPECT_THAT(tokenize_13a("trans-\nlation now\nthen"), ElementsAre("translation", "now", "then"));
}

TEST(Tokenize13a, WhiteSpaceIsUnicodes) {
  // No-break space, ogham space, en quad, hair space, line separator, narrow no-break space,
  // mathematical space, ideographic space, next line; U+200B, zero width, is none.
  EXPECT_THAT(tokenize_13a("a\u00a0b\u1680c\u2000d\u200ae\u2028f\u202fg\u205fh\u3000i\u0085j"),
              ElementsAre("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"));
  EXPECT_THAT(tokenize_13a("a\u200bb\x1f"
                           "c\x1b"
                           "d"),
              ElementsAre("a\u200bb",
                          "c\x1b"
                          "d"));
  EXPECT_THAT(tokenize_13a("\u3000 \u00a0"), IsEmpty());
}

TEST(Tokenize13a, WhatIsNotAsciiStaysWhole) {
  // German quotes are no ASCII punctuation; a full stop after an umlaut is cut off.
  EXPECT_THAT(tokenize_13a("„Schön“ für Ö."), ElementsAre("„Schön“", "für", "Ö", "."));
}

TEST(Bleu, HalvesForEachOrderWithoutAMatch) {
  Bleu bleu;
  bleu.add("a b c d e", "e d c b a");
  EXPECT_THAT(bleu.precisions(), ElementsAre(100, 100 / 8.0, 100 / 12.0, 100 / 16.0));
}

TEST(Bleu, ClipsMatchesBySentence) {
  Bleu bleu;
  bleu.add("the the the the", "the cat the mat");
  EXPECT_THAT(bleu.matches(), ElementsAre(2, 0, 0, 0));
}

TEST(Bleu, PunishesBeingShort) {
  Bleu bleu;
  bleu.add("a b c d", "a b c d e f");
  EXPECT_DOUBLE_EQ(bleu.brevity_penalty(), std::exp(1 - 6.0 / 4));
  EXPECT_NEAR(bleu.score(), 100 * std::exp(-0.5), 1e-9);
}

TEST(Bleu, OfPartsIsThatOfTheCorpus) {
  Bleu whole, first, second;
  whole.add("a b c d e", "a b c d f");
  whole.add("x y", "x z");
  first.add("a b c d e", "a b c d f");
  second.add("x y", "x z");
  first.add(second);
  EXPECT_EQ(first.score(), whole.score());
  EXPECT_EQ(first.reference_length(), 7);
}

TEST(Bleu, OfNothingIsZero) { EXPECT_EQ(Bleu().score(), 0); }

}  // namespace
}  // namespace timetrial::metrics
