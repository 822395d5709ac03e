#include "scoring/algoperf/measurements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace timetrial::algoperf {
namespace {

using ::testing::ElementsAre;

const std::string kHeader = "global_step,score,validation/loss\n";
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Parsed {
  bool usable = false;
  Measurements table;
  Findings findings;
};

Parsed parse(const std::string& text) {
  Parsed parsed;
  MeasurementParser parser;
  parsed.usable = parser.parse(text, "f.csv", parsed.findings);
  parsed.table = parser.take();
  return parsed;
}

std::vector<double> steps(const Parsed& parsed) {
  const auto column = parsed.table.step();
  return {column.begin(), column.end()};
}

TEST(Measurements, ReadsColumnsInTheFilesOrder) {
  const auto parsed = parse(
      "accumulated_submission_time,global_step,score,validation/wer\n"
      "1.5,1,1.25,0.75\n"
      "2.5,10,2.25,0.5\n");
  ASSERT_TRUE(parsed.usable);
  EXPECT_THAT(parsed.table.names,
              ElementsAre("accumulated_submission_time", "global_step", "score", "validation/wer"));
  EXPECT_THAT(parsed.table.submission_time(), ElementsAre(1.25, 2.25));
  EXPECT_THAT(parsed.table.step(), ElementsAre(1, 10));
  EXPECT_THAT(parsed.table.column("validation/wer"), ElementsAre(0.75, 0.5));
  EXPECT_TRUE(parsed.table.column("validation/ssim").empty());
  EXPECT_TRUE(parsed.findings.remarks().empty());
}

TEST(Measurements, TimeIsTheAccumulatedOneWhereThereIsNoScore) {
  const auto parsed = parse("accumulated_submission_time,global_step\n7,1\n");
  EXPECT_THAT(parsed.table.submission_time(), ElementsAre(7));
}

TEST(Measurements, NumbersAreReadToTheLastBit) {
  const auto parsed = parse(kHeader + "1,169.78324484825134,1.1508947250827697\n");
  EXPECT_EQ(parsed.table.submission_time()[0], 169.78324484825134);
  EXPECT_EQ(parsed.table.column("validation/loss")[0], 1.1508947250827697);
}

TEST(Measurements, CellsThatAreNoPlainNumber) {
  struct Case {
    const char* cell;
    double value;
    std::int64_t complaints;
  };
  const double nan = std::nan("");
  for (const auto& test : std::vector<Case>{
           {"", nan, 0},
           {"nan", nan, 0},
           {"NaN", nan, 0},
           {"N/A", nan, 0},
           {"None", nan, 0},
           {" 0.5 ", 0.5, 0},
           {"\"0.5\"", 0.5, 0},
           {"+0.5", 0.5, 0},
           {"5e-1", 0.5, 0},
           {"inf", kInfinity, 0},
           {"-inf", -kInfinity, 0},
           {"1e400", kInfinity, 0},
           {"1e-400", 0, 0},
           {"0x1p3", nan, 1},
           {"1.2.3", nan, 1},
           {"good", nan, 1},
           {"\"1,5\"", nan, 1},
           {"\"", nan, 1},
       }) {
    SCOPED_TRACE(test.cell);
    const auto parsed = parse(kHeader + "1,1,0.25\n2,2," + test.cell + "\n");
    ASSERT_EQ(parsed.table.rows, 2U);
    const double value = parsed.table.column("validation/loss")[1];
    if (std::isnan(test.value)) {
      EXPECT_TRUE(std::isnan(value)) << value;
    } else {
      EXPECT_EQ(value, test.value);
    }
    EXPECT_EQ(parsed.findings.count(Finding::not_a_number), test.complaints);
  }
}

TEST(Measurements, MalformedRowsAreSkippedCountedAndPlaced) {
  struct Case {
    const char* rows;
    std::vector<double> steps;
    Finding finding;
    const char* remark;
  };
  for (const auto& test : std::vector<Case>{
           {"1,1,1\n2,2\n3,3,3\n", {1, 3}, Finding::ragged_row, "header: f.csv:3"},
           {"1,1,1\n2,2,2,2\n", {1}, Finding::ragged_row, "header: f.csv:3"},
           {"1,1,1\n2,2", {1}, Finding::truncated_row, "cut off at the end of their file: f.csv:3"},
           {"1,1,1\nglobal_step,score,validation/loss\n2,2,2\n",
            {1, 2},
            Finding::repeated_header,
            "repeated header lines skipped: f.csv:3"},
           {"1,1,1\n1,1,1\n2,2,2\n", {1, 2}, Finding::duplicate_row, "f.csv:3"},
           {"1,1,1\n2,2,2\n1,1,5\n", {1, 2}, Finding::duplicate_row, "f.csv:4"},
           {"1,1,1\n,2,2\n2,2,2\n", {1, 2}, Finding::row_without_place, "f.csv:3"},
           {"1,1,1\n2,nan,2\n", {1}, Finding::row_without_place, "f.csv:3"},
           {"1,1,1\n2.5,2,2\n", {1}, Finding::row_without_place, "f.csv:3"},
           {"1,1,1\n-2,2,2\n", {1}, Finding::row_without_place, "f.csv:3"},
           {"1,1,1\n2,-2,2\n", {1}, Finding::row_without_place, "f.csv:3"},
           {"5,5,1\n2,6,2\n1,7,2\n", {5, 2, 1}, Finding::step_falls, "f.csv:3"},
           {"5,5,1\n6,4,2\n7,3,2\n", {5, 6, 7}, Finding::time_falls, "f.csv:3"},
       }) {
    SCOPED_TRACE(test.rows);
    const auto parsed = parse(kHeader + test.rows);
    EXPECT_EQ(steps(parsed), test.steps);
    EXPECT_EQ(parsed.findings.count(test.finding), 1);
    ASSERT_EQ(parsed.findings.remarks().size(), 1U);
    EXPECT_THAT(parsed.findings.remarks()[0], ::testing::HasSubstr(test.remark));
  }
}

TEST(Measurements, LineEndsMarksAndQuotesDoNotMatter) {
  for (const std::string text :
       {"\xEF\xBB\xBFglobal_step,score,validation/loss\n1,2,3\n",
        "global_step,score,validation/loss\r\n1,2,3\r\n",
        "\"global_step\",\"score\",\"validation/loss\"\n\"1\",\"2\",\"3\"\n",
        "\n\nglobal_step,score,validation/loss\n\n1,2,3\n\n",
        "global_step , score , validation/loss\n1, 2, 3",
        "global_step,score,validation/loss\n1,2,3"}) {
    SCOPED_TRACE(text);
    const auto parsed = parse(text);
    EXPECT_TRUE(parsed.usable);
    EXPECT_THAT(parsed.table.step(), ElementsAre(1));
    EXPECT_THAT(parsed.table.submission_time(), ElementsAre(2));
    EXPECT_THAT(parsed.table.column("validation/loss"), ElementsAre(3));
    EXPECT_TRUE(parsed.findings.remarks().empty());
  }
}

TEST(Measurements, FilesWithoutUse) {
  for (const std::string text : {"", "\n\n", "global_step,score\n", "\xEF\xBB\xBF"}) {
    const auto parsed = parse(text);
    EXPECT_FALSE(parsed.usable);
    EXPECT_EQ(parsed.findings.count(Finding::empty_file), 1) << text;
  }
  for (const std::string text : {"1,2,3\n4,5,6\n", "step,score\n1,2\n",
                                 "\x7f"
                                 "ELF\x02\x01",
                                 ",,,\n"}) {
    const auto parsed = parse(text);
    EXPECT_FALSE(parsed.usable);
    EXPECT_EQ(parsed.findings.count(Finding::no_header), 1) << text;
  }
}

TEST(Measurements, AHeaderMayChangeInTheMiddle) {
  const auto parsed = parse(kHeader + "1,1,0.5\nglobal_step,score,test/loss\n2,2,0.25\n");
  EXPECT_THAT(parsed.table.step(), ElementsAre(1, 2));
  EXPECT_EQ(parsed.table.column("validation/loss")[0], 0.5);
  EXPECT_TRUE(std::isnan(parsed.table.column("validation/loss")[1]));
  EXPECT_TRUE(std::isnan(parsed.table.column("test/loss")[0]));
  EXPECT_EQ(parsed.table.column("test/loss")[1], 0.25);
}

// A fuzzer found that the rows before such a header had no time.
TEST(Measurements, AScoreThatAppearsInTheMiddleGoesOnFromTheTimeBeforeIt) {
  const auto parsed =
      parse("global_step,accumulated_submission_time\n1,10\n2,20\nglobal_step,score\n3,30\n");
  EXPECT_THAT(parsed.table.submission_time(), ElementsAre(10, 20, 30));
  EXPECT_TRUE(std::isnan(parsed.table.column("accumulated_submission_time")[2]));
}

TEST(Measurements, OneParserReadsFilesOfDifferentColumns) {
  MeasurementParser parser;
  Findings findings;
  ASSERT_TRUE(parser.parse(kHeader + "1,1,1\n", "a", findings));
  ASSERT_TRUE(parser.parse("score,global_step,score\n5,2,9\n", "b", findings));
  EXPECT_THAT(parser.table().names, ElementsAre("score", "global_step"));
  EXPECT_THAT(parser.table().submission_time(), ElementsAre(5));  // of equal names, the first
  ASSERT_TRUE(parser.parse(kHeader + "3,4,5\n", "c", findings));
  EXPECT_THAT(parser.table().column("validation/loss"), ElementsAre(5));
  EXPECT_EQ(parser.table().rows, 1U);
  EXPECT_TRUE(findings.remarks().empty());
}

}  // namespace
}  // namespace timetrial::algoperf
