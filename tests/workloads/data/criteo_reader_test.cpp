// Criteo's files: which are of which split, and their rows in batches.
#include "workloads/data/criteo_reader.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "tests/support/temporary_folder.h"
#include "workloads/workload.h"

namespace timetrial::data {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A row whose first count is `number` and whose label is its parity.
std::string row(int number) {
  std::string line = std::to_string(number % 2) + "\t" + std::to_string(number);
  for (int i = 1; i < 13; ++i) line += "\t";
  for (int i = 0; i < 26; ++i) line += "\tabc";
  return line;
}

/// All days, two pieces each before the last; each piece has `rows` rows, numbered on.
void write_days(const fs::path& folder, int rows) {
  int number = 0;
  for (int day = 0; day < 24; ++day) {
    for (int piece = 0; piece < (day == 23 ? 36 : 2); ++piece) {
      std::ofstream out(folder / ("day_" + std::to_string(day) + (piece < 10 ? "_0" : "_") +
                                  std::to_string(piece)));
      for (int i = 0; i < rows; ++i) out << row(number++) << '\n';
    }
  }
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const workloads::DataError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(CriteoFiles, AreOfTheSplitsOfAlgoPerf) {
  const test::TemporaryFolder folder;
  write_days(folder.path(), 1);
  const auto training = criteo_training_files(folder.path());
  ASSERT_EQ(training.size(), 46u);
  EXPECT_EQ(training.front().filename(), "day_0_00");
  EXPECT_EQ(training[2].filename(), "day_1_00");  // not day_10's
  EXPECT_EQ(training.back().filename(), "day_22_01");
  const auto validation = criteo_validation_files(folder.path());
  ASSERT_EQ(validation.size(), 17u);
  EXPECT_EQ(validation.front().filename(), "day_23_19");
  EXPECT_EQ(validation.back().filename(), "day_23_35");
  const auto test = criteo_test_files(folder.path());
  ASSERT_EQ(test.size(), 19u);
  EXPECT_EQ(test.front().filename(), "day_23_00");
  EXPECT_EQ(test.back().filename(), "day_23_18");
}

TEST(CriteoFiles, MissingOnesAreNamed) {
  const test::TemporaryFolder folder;
  write_days(folder.path(), 1);
  fs::remove(folder.path() / "day_23_20");
  fs::remove(folder.path() / "day_7_00");
  fs::remove(folder.path() / "day_7_01");
  EXPECT_THAT(message_of([&] { criteo_validation_files(folder.path()); }),
              HasSubstr("no day_23_20"));
  EXPECT_THAT(message_of([&] { criteo_training_files(folder.path()); }), HasSubstr("no day_7_*"));
  EXPECT_THAT(message_of([&] { criteo_training_files(folder.path() / "nowhere"); }),
              HasSubstr("no such folder"));
}

TEST(CriteoReader, GivesEveryRowOnceInOrderAcrossFiles) {
  const test::TemporaryFolder folder;
  write_days(folder.path(), 3);
  const auto files = criteo_training_files(folder.path());
  for (const std::int64_t batch_size : {1, 4, 1000}) {
    SCOPED_TRACE(batch_size);
    CriteoReader reader(files);
    std::int64_t number = 0;
    for (Batch batch = reader.next(batch_size); batch.size() > 0; batch = reader.next(batch_size)) {
      ASSERT_EQ(batch.inputs().size(1), 39);
      const std::int64_t expected = std::min<std::int64_t>(batch_size, 46 * 3 - number);
      ASSERT_EQ(batch.size(), expected);
      EXPECT_EQ(batch.weights().sum().item<std::int64_t>(), expected);
      for (std::int64_t i = 0; i < expected; ++i, ++number) {
        EXPECT_NEAR(batch.inputs()[i][0].exp().item<double>() - 1, static_cast<double>(number),
                    1e-3);
        EXPECT_EQ(batch.targets()[i].item<std::int64_t>(), number % 2);
      }
    }
    EXPECT_EQ(number, 46 * 3);
    EXPECT_EQ(reader.next(1).size(), 0);
  }
}

TEST(CriteoReader, MalformedRowsAreNamedByFileAndLine) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path() / "day_0_00";
  std::ofstream(file) << row(1) << "\r\n"
                      << "1\t2\n";
  CriteoReader reader({file});
  EXPECT_EQ(reader.next(1).size(), 1);
  EXPECT_THAT(message_of([&] { reader.next(1); }), HasSubstr("day_0_00:2: 2 fields; expected 40"));
  CriteoReader missing({folder.path() / "day_9_99"});
  EXPECT_THAT(message_of([&] { missing.next(1); }), HasSubstr("day_9_99: cannot be opened"));
  EXPECT_THROW(missing.next(0), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::data
