// LibreOffice's texts as sentence pairs: cleaning, and a split that shares no text.
#include "workloads/transformer/libreoffice.h"

#include <gmock/gmock.h>
#include <timetrial/random.h>

#include <map>
#include <set>

#include "tests/support/data_packages.h"
#include "tests/support/temporary_folder.h"
#include "workloads/workload.h"

namespace timetrial::transformer {
namespace {

using testing::HasSubstr;

TEST(LibreOffice, ShortcutMarksAreDroppedWhereThereIsOne) {
  struct Case {
    const char *text, *expected;
  };
  const Case cases[] = {{"Sa_ve", "Save"},
                        {"~File", "File"},
                        {"plain", "plain"},
                        {"%FILE_NAME in %THE_PATH", "%FILE_NAME in %THE_PATH"},
                        {"I_gnore ~~ here", "Ignore ~~ here"}};
  for (const Case& c : cases) EXPECT_EQ(without_shortcut(c.text), c.expected);
}

TEST(LibreOffice, TextsAreComparedByLettersAndDigits) {
  EXPECT_EQ(normalized("  Open \n the FILE 2: "), "open the file 2");
  EXPECT_EQ(normalized("Öffnen…"), "Öffnen");
  EXPECT_EQ(normalized("„Öffnen“ ..."), "Öffnen");
  EXPECT_EQ(normalized("+ …"), "+ …");
  EXPECT_EQ(normalized("\xe2"), "\xe2");  // cut within a character
}

/// Which parts each text (of both languages) is in.
std::map<std::string, std::set<Part>> parts_of_texts(const std::vector<SplitPair>& pairs) {
  std::map<std::string, std::set<Part>> parts;
  for (const SplitPair& pair : pairs) {
    parts["de " + normalized(pair.text.other)].insert(pair.part);
    parts["en " + normalized(pair.text.english)].insert(pair.part);
  }
  return parts;
}

/// 3,000 pairs of few words, so that many share a side.
std::vector<TextPair> sample() {
  Random random(5);
  std::set<TextPair> pairs;
  while (pairs.size() < 3000) {
    const auto word = [&](const char* language) {
      return std::string(random.below(2) == 0 ? "Word" : "word") + language +
             std::to_string(random.below(9000));
    };
    pairs.insert({word("d"), word("e")});
  }
  return {pairs.begin(), pairs.end()};
}

TEST(LibreOffice, NoTextIsInTwoParts) {
  const auto pairs = split(sample());
  ASSERT_EQ(pairs.size(), 3000u);
  std::size_t shared = 0;
  for (const auto& [text, parts] : parts_of_texts(pairs)) EXPECT_EQ(parts.size(), 1u) << text;
  std::map<std::string, int> uses;
  for (const SplitPair& pair : pairs) shared += ++uses[normalized(pair.text.other)] == 2;
  EXPECT_GT(shared, 100u);  // and there was something to keep together
  std::map<Part, int> counts;
  for (const SplitPair& pair : pairs) ++counts[pair.part];
  EXPECT_GT(counts[Part::validation], 60);
  EXPECT_GT(counts[Part::test], 60);
}

TEST(LibreOffice, TheSplitDoesNotDependOnTheOrder) {
  auto pairs = sample();
  const auto before = split(pairs);
  std::reverse(pairs.begin(), pairs.end());
  const auto after = split(pairs);
  for (std::size_t i = 0; i < before.size(); ++i) {
    ASSERT_EQ(before[i].text, after[i].text);
    ASSERT_EQ(before[i].part, after[i].part);
  }
  EXPECT_FALSE(std::is_sorted(before.begin(), before.end(),
                              [](const auto& a, const auto& b) { return a.text < b.text; }));
}

TEST(LibreOffice, MissingPackagesAreNamed) {
  const test::TemporaryFolder folder;
  try {
    read_pairs(folder.path());
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("resource/de/LC_MESSAGES: no .mo files; fetch"));
  }
}

TEST(LibreOffice, ThePackagesGiveTheKnownTexts) {
  const auto packages = test::data_packages("libreoffice-de");
  if (!packages) GTEST_SKIP() << test::no_data_packages("libreoffice-de");
  const auto pairs = read_pairs(*packages / "libreoffice-de");
  const auto contains = [&](const char* german, const char* english) {
    return std::binary_search(pairs.begin(), pairs.end(), TextPair{german, english});
  };
  EXPECT_TRUE(
      contains("Gibt den Titel der Besprechung an.", "Specifies the title of the meeting."));
  EXPECT_TRUE(contains("Ort:", "Location:"));  // "_Ort:" and "L_ocation:"
  for (const TextPair& pair : pairs) {
    ASSERT_FALSE(pair.other.empty() || pair.english.empty());
    ASSERT_NE(pair.other, pair.english);
  }
  const auto parts = split(pairs);
  for (const auto& [text, found] : parts_of_texts(parts)) ASSERT_EQ(found.size(), 1u) << text;
  std::map<Part, std::size_t> counts;
  for (const SplitPair& pair : parts) ++counts[pair.part];
  for (const Part part : {Part::validation, Part::test}) {
    EXPECT_NEAR(static_cast<double>(counts[part]), 0.05 * static_cast<double>(pairs.size()),
                0.01 * static_cast<double>(pairs.size()));
  }
}

}  // namespace
}  // namespace timetrial::transformer
