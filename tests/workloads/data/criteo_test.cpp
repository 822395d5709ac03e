// Criteo's rows and their hash against AlgoPerf's recorded numbers and published ones.
#include "workloads/data/criteo.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/support/recorded_checks.h"
#include "workloads/data/fingerprint64.h"
#include "workloads/workload.h"

namespace timetrial::data {
namespace {

using testing::HasSubstr;

const std::filesystem::path kRecord = std::filesystem::path(TIMETRIAL_SOURCE_DIR) /
                                      "tests/workloads/data/fixtures/data_criteo_parse.json";

TEST(Criteo, IsAlgoPerfs) { test::expect_recorded(kRecord); }

TEST(Criteo, TheCheckCanFail) {
  const auto fails = [](auto change) {
    auto record = test::read_record(kRecord);
    change(record);
    return !test::all_passed(test::recorded_checks(record, kRecord));
  };
  EXPECT_TRUE(fails([](auto& r) { r["targets"][2] = 0; }));
  EXPECT_TRUE(fails([](auto& r) { r["inputs"][0][3] = 6.80; }));
  EXPECT_TRUE(fails([](auto& r) { r["inputs"][0][13] = 898653; }));
  EXPECT_TRUE(fails([](auto& r) { r["vocab_sizes"][5] = 4; }));
  EXPECT_TRUE(fails([](auto& r) { r["hash_samples"][4]["bucket_mod_2_31"] = 1; }));
}

TEST(Fingerprint64, IsFarmHashs) {
  struct Case {
    const char* text;
    std::int64_t hash;
  };
  // The examples of BigQuery's FARM_FINGERPRINT, which is this hash as a signed number: 8, 11 and 5
  // bytes. Other lengths are in the record.
  const Case cases[] = {{"1footrue", -1541654101129638711},
                        {"2applefalse", 2794438866806483259},
                        {"3true", -4880158226897771312}};
  for (const Case& one : cases) {
    EXPECT_EQ(static_cast<std::int64_t>(fingerprint64(one.text)), one.hash) << one.text;
  }
}

TEST(Fingerprint64, TakesEveryByteAtEveryLength) {
  // Lengths around each change of method: one flipped bit anywhere changes the hash.
  for (const std::size_t length : {1, 3, 4, 7, 8, 16, 17, 32, 33, 64, 65, 127, 128, 129, 200}) {
    std::string text(length, 'a');
    const std::uint64_t before = fingerprint64(text);
    for (std::size_t i = 0; i < length; ++i) {
      text[i] = static_cast<char>(text[i] ^ 0x10);
      EXPECT_NE(fingerprint64(text), before) << "byte " << i << " of " << length;
      text[i] = 'a';
    }
  }
}

std::string row(std::string counts, std::string categories) {
  std::string line = "1";
  for (std::size_t i = 0; i < kCriteoCounts; ++i) line += "\t" + counts;
  for (std::size_t i = 0; i < kCriteoCategories; ++i) line += "\t" + categories;
  return line;
}

TEST(Criteo, MissingFieldsHaveTheirStandIns) {
  const auto zero = parse_criteo_row(row("0", "00000000"), "here");
  EXPECT_EQ(parse_criteo_row(row("", ""), "here").inputs, zero.inputs);
  EXPECT_EQ(parse_criteo_row(row("-1", "-1"), "here").inputs, zero.inputs);
  EXPECT_EQ(parse_criteo_row(row("-5", "-1") + "\r", "here").inputs, zero.inputs);
  EXPECT_EQ(zero.target, 1);
  EXPECT_EQ(zero.inputs[0], 0);
}

TEST(Criteo, OneTextHasAnotherIdInEachColumn) {
  const auto example = parse_criteo_row(row("7", "deadbeef"), "here");
  EXPECT_FLOAT_EQ(example.inputs[0], std::log(8.f));
  // Columns 0 and 19 have vocabularies of nearly one size, and other ids.
  EXPECT_NE(example.inputs[13], example.inputs[13 + 19]);
  for (std::size_t i = 0; i < kCriteoCategories; ++i) {
    EXPECT_LT(example.inputs[13 + i], static_cast<float>(kCriteoVocabularies[i]));
  }
}

TEST(Criteo, LargeIdsAreRoundedToFloats) {
  // Some of a thousand ids of a vocabulary of 4e7 are odd and above 2^24: no float32 is.
  bool rounded = false;
  for (int i = 0; i < 1000 && !rounded; ++i) {
    const std::string text = std::to_string(i);
    const std::uint64_t id =
        fingerprint64(text + "0") % static_cast<std::uint64_t>(kCriteoVocabularies[0]);
    const float found = parse_criteo_row(row("", text), "here").inputs[13];
    rounded = static_cast<double>(found) != static_cast<double>(id);
    EXPECT_NEAR(found, static_cast<double>(id), 2);
  }
  EXPECT_TRUE(rounded);
}

TEST(Criteo, MalformedRowsAreNamed) {
  struct Case {
    std::string line;
    const char* message;
  };
  const Case cases[] = {
      {"", "day_0_00:3: 1 fields; expected 40"},
      {row("1", "a") + "\tb", "day_0_00:3: 41 fields; expected 40"},
      {row("1x", "a"), "day_0_00:3: field 2 is '1x'; expected a number, nothing, or -1"},
      {row("nan", "a"), "day_0_00:3: field 2 is 'nan'; expected a number, nothing, or -1"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.message);
    try {
      parse_criteo_row(one.line, "day_0_00:3");
      FAIL() << "accepted";
    } catch (const workloads::DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr(one.message));
    }
  }
}

}  // namespace
}  // namespace timetrial::data
