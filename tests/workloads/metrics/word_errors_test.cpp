#include "workloads/metrics/word_errors.h"

#include "tests/support/recorded_checks.h"

#include <cmath>

namespace timetrial::metrics {
namespace {

const std::filesystem::path kRecord = std::filesystem::path(TIMETRIAL_SOURCE_DIR) /
                                      "tests/workloads/metrics/fixtures/metric_wer.json";

TEST(WordErrors, EqualTheRecord) { test::expect_recorded(kRecord); }

TEST(WordErrors, AnotherCountInTheRecordIsFound) {
  for (const auto* field :
       {"word_errors", "num_words", "plain_edit_distance", "plain_reference_words"}) {
    SCOPED_TRACE(field);
    auto record = test::read_record(kRecord);
    record["pairs"][1][field] = record["pairs"][1][field].get<double>() + 1;
    EXPECT_FALSE(test::all_passed(test::recorded_checks(record, kRecord)));
  }
}

TEST(WordErrors, AreTheFewestEdits) {
  const struct {
    const char *hypothesis, *reference;
    std::int64_t errors, words;
  } cases[] = {
      {"a b c", "a b c", 0, 3},    {"", "", 0, 0},
      {"", "a b", 2, 2},           {"a b", "", 2, 0},
      {"a x c", "a b c", 1, 3},    {"x a b c", "a b c", 1, 3},
      {"b c", "a b c", 1, 3},      {"c b a", "a b c", 2, 3},
      {"  a \t b\n", "a b", 0, 2}, {"k i t t e n", "s i t t i n g", 3, 7},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.hypothesis) + " | " + c.reference);
    const auto found = word_errors(c.hypothesis, c.reference);
    EXPECT_EQ(found.errors, c.errors);
    EXPECT_EQ(found.words, c.words);
  }
}

TEST(WordErrors, AddUp) {
  WordErrors sum;
  EXPECT_TRUE(std::isnan(sum.rate()));
  sum += {1, 4};
  sum += {2, 4};
  EXPECT_EQ(sum.rate(), 3.0 / 8);
}

// Python's repr of bytes, as printed by tf.constant("…").
TEST(PrintedTensor, IsThatOfPython) {
  const struct {
    std::string text, printed;
  } cases[] = {
      {"HELLO WORLD", "tf.Tensor(b'HELLO WORLD', shape=(), dtype=string)"},
      {"", "tf.Tensor(b'', shape=(), dtype=string)"},
      {"DON'T", "tf.Tensor(b\"DON'T\", shape=(), dtype=string)"},
      {"'\"", "tf.Tensor(b'\\'\"', shape=(), dtype=string)"},
      {"a\\b\tc\nd\re", "tf.Tensor(b'a\\\\b\\tc\\nd\\re', shape=(), dtype=string)"},
      {"\xE2\x81\x87\x01\x7F", "tf.Tensor(b'\\xe2\\x81\\x87\\x01\\x7f', shape=(), dtype=string)"},
  };
  for (const auto& c : cases) EXPECT_EQ(printed_tensor(c.text), c.printed);
}

TEST(PrintedWordErrors, CountTwoMoreWordsAndTheQuotes) {
  EXPECT_EQ(printed_word_errors("A B", "A B").words, 4);
  EXPECT_EQ(printed_word_errors("", "").words, 3);
  EXPECT_EQ(printed_word_errors("", "").errors, 0);
  // The apostrophe changes the quotes before the first and after the last word.
  EXPECT_EQ(printed_word_errors("A B C'S D", "A B C D").errors, 3);
  EXPECT_EQ(word_errors("A B C'S D", "A B C D").errors, 1);
}

}  // namespace
}  // namespace timetrial::metrics
