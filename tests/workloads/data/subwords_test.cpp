// Subword models: the same bytes twice, text back as it was, and every refusal.
#include "workloads/data/subwords.h"

#include <gmock/gmock.h>
#include <timetrial/random.h>

#include <fstream>

#include "tests/support/temporary_folder.h"
#include "workloads/workload.h"

namespace timetrial::data {
namespace {

using testing::HasSubstr;

/// 400 lines of 8 words, made of 10 syllables.
std::vector<std::string> sample() {
  const char* const syllables[] = {"an", "be", "co", "di", "el", "fu", "go", "hä", "is", "ta"};
  Random random(4);
  std::vector<std::string> lines(400);
  for (std::string& line : lines) {
    for (int word = 0; word < 8; ++word) {
      if (word > 0) line += ' ';
      for (std::uint64_t i = random.below(3) + 1; i-- > 0;) line += syllables[random.below(10)];
    }
  }
  return lines;
}

std::string train(const std::vector<std::string>& lines, const SubwordTraining& options) {
  std::size_t next = 0;
  return Subwords::train(
      [&]() -> std::optional<std::string> {
        if (next == lines.size()) return std::nullopt;
        return lines[next++];
      },
      options);
}

TEST(Subwords, EqualTextGivesEqualBytes) {
  const auto lines = sample();
  EXPECT_EQ(train(lines, {.pieces = 100}), train(lines, {.pieces = 100}));
  EXPECT_EQ(train(lines, {.pieces = 100, .threads = 3}),
            train(lines, {.pieces = 100, .threads = 3}));
  EXPECT_NE(train(lines, {.pieces = 100}), train(lines, {.pieces = 90}));
}

TEST(Subwords, GivesBackTheText) {
  const Subwords subwords(train(sample(), {.pieces = 100}));
  EXPECT_EQ(subwords.size(), 100);
  EXPECT_EQ(subwords.end(), 2);
  for (const std::string& line : sample()) {
    const auto ids = subwords.encode(line);
    EXPECT_LT(ids.size(), line.size() / 2);  // and it is shorter than letters
    EXPECT_EQ(subwords.decode(ids), line);
  }
  EXPECT_TRUE(subwords.encode("").empty());
}

TEST(Subwords, TheEndIsNoTextAndTheUnknownIsZero) {
  const Subwords subwords(train(sample(), {.pieces = 100}));
  auto ids = subwords.encode("tabe");
  ids.push_back(subwords.end());
  EXPECT_EQ(subwords.decode(ids), "tabe");
  EXPECT_THAT(subwords.encode("ta€"), testing::Contains(0));
}

TEST(Subwords, RefusesWhatIsNoModel) {
  try {
    Subwords("not a model", "some.model");
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("some.model: not a SentencePiece model"));
  }
  const test::TemporaryFolder folder;
  try {
    Subwords::read(folder.path() / "some.model", "make it with: some command");
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("some.model: no such file; make it with: some command"));
  }
  std::ofstream(folder.path() / "some.model") << train(sample(), {.pieces = 100});
  EXPECT_EQ(Subwords::read(folder.path() / "some.model", "").size(), 100);
}

TEST(Subwords, RefusesMorePiecesThanTheTextHasAndIdsItHasNot) {
  EXPECT_THROW(train(sample(), {.pieces = 100000}), workloads::DataError);
  const Subwords subwords(train(sample(), {.pieces = 100}));
  EXPECT_THROW(subwords.decode({100}), std::out_of_range);
  EXPECT_THROW(subwords.decode({-1}), std::out_of_range);
}

}  // namespace
}  // namespace timetrial::data
