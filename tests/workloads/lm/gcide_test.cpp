// Reading, cleaning and splitting the dictionary.
#include "workloads/lm/gcide.h"

#include <gmock/gmock.h>

#include <set>

#include "workloads/workload.h"

namespace timetrial::lm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Gcide, Base64NumbersAreMostSignificantFirst) {
  EXPECT_EQ(parse_base64_number("A"), 0u);
  EXPECT_EQ(parse_base64_number("BA"), 64u);
  EXPECT_EQ(parse_base64_number("+8"), 62u * 64 + 60);
  EXPECT_EQ(parse_base64_number("CWFC4"), ((((2u * 64 + 22) * 64 + 5) * 64 + 2) * 64) + 56);
  EXPECT_THROW(parse_base64_number(""), std::invalid_argument);
  EXPECT_THROW(parse_base64_number("A=A"), std::invalid_argument);
  EXPECT_THROW(parse_base64_number("AAAAAAAAA"), std::invalid_argument);
}

TEST(Gcide, IndexRowsAreRead) {
  const auto rows = parse_index("lark\tA\tF\nto lark about\tBA\tB\n", "gcide.index");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].headword, "to lark about");
  EXPECT_EQ(rows[1].offset, 64u);
  EXPECT_EQ(rows[1].length, 1u);
}

TEST(Gcide, MalformedIndexRowsAreNamed) {
  struct Case {
    const char* text;
    const char* message;
  };
  const Case cases[] = {
      {"lark\tA\tF\nlark A F\n",
       "gcide.index:2: expected headword, offset and length in base 64, "
       "separated by tabs, got 'lark A F'"},
      {"lark\tA\n", "gcide.index:1: expected headword"},
      {"lark\tA\t\n", "gcide.index:1: expected headword"},
      {"lark\tA!\tF\n", "got 'lark\tA!\tF'; unpack the Debian package dict-gcide again"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    try {
      parse_index(c.text, "gcide.index");
      FAIL() << "accepted";
    } catch (const workloads::DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr(c.message));
    }
  }
}

TEST(Gcide, MissingIndexIsNamed) {
  try {
    read_index("/nowhere/gcide.index");
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_STREQ(error.what(),
                 "/nowhere/gcide.index: cannot be read; unpack the Debian package dict-gcide again "
                 "(scripts/setup.sh)");
  }
}

TEST(Gcide, EntriesBecomeRunningText) {
  EXPECT_EQ(
      clean_entry("Larine \\La\"rine\\, a. (Zool.)\n   Of or pertaining to the\n   Gull "
                  "family.\n   [1913 Webster]\n\n   Syn: gull-like.\n        [WordNet 1.5]\n"),
      "Larine \\La\"rine\\, a. (Zool.) Of or pertaining to the Gull family.\n"
      "Syn: gull-like.");
}

TEST(Gcide, OnlySourceTagsAreDropped) {
  EXPECT_EQ(clean_entry("a [Obs.] b [1913\n   Webster] c"), "a [Obs.] b c");
  EXPECT_EQ(clean_entry("x [Webster 1913 Suppl. +PJC] y [PJC]"), "x y");
  EXPECT_EQ(clean_entry("[So named after Webster, the geologist.]"),
            "[So named after Webster, the geologist.]");
  EXPECT_EQ(clean_entry("cut [1913 Webster"), "cut [1913 Webster");
  EXPECT_EQ(clean_entry("l[a^]r\x92\tk"), "l[a^]r k");
}

TEST(Gcide, HeadwordsAreNormalised) {
  EXPECT_EQ(normalized_headword("  Jack  of\tall Trades "), "jack of all trades");
}

TEST(Gcide, PartsAreNinetyFiveFive) {
  int parts[3] = {};
  for (int i = 0; i < 20000; ++i) {
    ++parts[static_cast<int>(part_of("headword " + std::to_string(i)))];
  }
  EXPECT_NEAR(parts[static_cast<int>(Part::validation)], 1000, 120);
  EXPECT_NEAR(parts[static_cast<int>(Part::test)], 1000, 120);
}

struct Sample {
  std::string dictionary;
  std::vector<IndexRow> index;
  void add(const std::vector<std::string>& headwords, const std::string& text) {
    for (const auto& headword : headwords) {
      index.push_back({headword, dictionary.size(), text.size()});
    }
    dictionary += text;
  }
};

TEST(Gcide, AnEntryIsOneDocumentWhateverTheNumberOfItsHeadwords) {
  Sample sample;
  sample.add({"00-database-info"}, "About this dictionary.");
  sample.add({"Advised", "Advise", "To advise"}, "Advise \\Ad*vise\"\\, v. t. To give advice.");
  sample.add({"Advise"}, "Advise \\Ad*vise\"\\, v. t. To consider.");
  sample.add({"Twin"}, "Twin: one of two.");
  sample.add({"Other twin"}, "Twin:  one\n   of two.");
  sample.add({"empty"}, " [1913 Webster]\n");
  const auto documents = make_documents(sample.dictionary, sample.index, "gcide.index");
  std::multiset<std::string> headwords;
  for (const auto& document : documents) headwords.insert(document.headword);
  // The second twin has the same text: it is left out, whatever part it would fall into.
  EXPECT_THAT(headwords, ElementsAre("advise", "advise", "twin"));
}

TEST(Gcide, NoDocumentAndNoHeadwordIsInTwoParts) {
  Sample sample;
  for (int i = 0; i < 2000; ++i) {
    // Some headwords have several entries, some texts come again under another headword.
    const std::string word = "word" + std::to_string(i % 700);
    sample.add({word}, word + ": meaning number " + std::to_string(i % 900) + ".");
    sample.add({"also " + word}, "meaning number " + std::to_string(i % 300) + ".");
  }
  const auto documents = make_documents(sample.dictionary, sample.index, "gcide.index");
  std::set<std::string> texts[3], headwords[3];
  for (const auto& document : documents) {
    const auto part = static_cast<std::size_t>(part_of(document.headword));
    texts[part].insert(document.text);
    headwords[part].insert(document.headword);
  }
  for (const std::size_t held_back : {1u, 2u}) {
    EXPECT_GT(texts[held_back].size(), 20u);
    for (std::size_t other = 0; other < held_back; ++other) {
      for (const auto& text : texts[held_back]) EXPECT_EQ(texts[other].count(text), 0u) << text;
      for (const auto& word : headwords[held_back]) EXPECT_EQ(headwords[other].count(word), 0u);
    }
  }
}

TEST(Gcide, EntriesBeyondTheDictionaryAreRefused) {
  try {
    make_documents("abc", {{"lark", 2, 2}}, "gcide.index");
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("gcide.index: entry 'lark' ends at byte 4, the dictionary has 3"));
  }
}

TEST(Gcide, EntriesThatShareTextAreRefused) {
  try {
    make_documents("abcdef", {{"lark", 0, 4}, {"owl", 3, 2}}, "gcide.index");
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("gcide.index: entry 'owl' begins at byte 3, the one before "
                                        "it ends at byte 4"));
  }
}

TEST(Gcide, JoinTakesOnePartInOrder) {
  std::vector<Document> documents;
  for (int i = 100; i < 150; ++i) documents.push_back({std::to_string(i), std::to_string(i)});
  std::string expected;
  for (const auto& document : documents) {
    if (part_of(document.headword) == Part::training) expected += document.text + "\n\n";
  }
  EXPECT_EQ(join(documents, Part::training), expected);
  EXPECT_LT(expected.size(), 50u * 5);
}

}  // namespace
}  // namespace timetrial::lm
