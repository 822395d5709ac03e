#include "workloads/data/records.h"

#include "harness/tensorfile/safetensors.h"
#include "tests/support/temporary_folder.h"
#include "workloads/data/tensor_io.h"
#include "workloads/workload.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>

#include <fstream>
#include <numeric>
#include <sstream>

namespace timetrial::data {
namespace {

namespace fs = std::filesystem;

constexpr char kRemedy[] = "timetrial data prepare x";

/// Record i is i times the letter of i: of lengths 0, 1, 2, …
std::string record(std::int64_t i) {
  return std::string(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
}

std::vector<std::uint64_t> sizes(std::int64_t count) {
  std::vector<std::uint64_t> sizes(static_cast<std::size_t>(count));
  std::iota(sizes.begin(), sizes.end(), 0);
  return sizes;
}

void write(const fs::path& out, std::int64_t count, std::uint64_t shard_bytes) {
  Preparation preparation(out, "texts", count);
  write_records(preparation, "training/texts", sizes(count), {{"labels", at::arange(count)}},
                record, shard_bytes);
}

std::string text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string content(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

std::vector<std::string> names(const fs::path& folder) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(folder)) found.push_back(entry.path().filename());
  std::sort(found.begin(), found.end());
  return found;
}

template <typename Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const workloads::DataError& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(Records, AreReadByIndexAcrossShards) {
  const test::TemporaryFolder folder;
  write(folder.path(), 40, 100);  // 0 + 1 + … + 39 = 780 bytes
  const Records records(folder.path() / "training/texts", kRemedy);
  ASSERT_EQ(records.size(), 40);
  for (const std::int64_t i : {39, 0, 14, 13, 1, 20}) EXPECT_EQ(text(records[i]), record(i)) << i;
  EXPECT_TRUE(at::equal(records.column("labels", at::kLong, {}), at::arange(40)));
  EXPECT_THROW(records[-1], std::out_of_range);
  EXPECT_THROW(records[40], std::out_of_range);
  EXPECT_GT(names(folder.path() / "training").size(), 7u);
}

TEST(Records, ARecordLargerThanAShardHasOneToItself) {
  const test::TemporaryFolder folder;
  write(folder.path(), 6, 2);  // 0, 1 | 2 | 3 | 4 | 5
  EXPECT_EQ(names(folder.path() / "training").size(), 5u);
  EXPECT_EQ(text(Records(folder.path() / "training/texts", kRemedy)[5]), "fffff");
}

TEST(Records, ManyMegabytesGoThroughTheBuffer) {
  const test::TemporaryFolder folder;
  const std::vector<std::uint64_t> lengths = {700'000, 700'000, 3'000'000, 5};
  Preparation preparation(folder.path(), "texts", 4);
  write_records(preparation, "texts", lengths, {}, [&](std::int64_t i) {
    return std::string(lengths[static_cast<std::size_t>(i)], static_cast<char>('a' + i));
  });
  const Records records(folder.path() / "texts", kRemedy);
  for (std::int64_t i = 0; i < 4; ++i) {
    const std::string expected(lengths[static_cast<std::size_t>(i)], static_cast<char>('a' + i));
    EXPECT_TRUE(text(records[i]) == expected) << i;
  }
}

TEST(Records, AnInterruptedPreparationGoesOnAndGivesTheSameBytes) {
  const test::TemporaryFolder whole, interrupted;
  write(whole.path(), 40, 100);
  {
    Preparation preparation(interrupted.path(), "texts", 40);
    EXPECT_THROW(write_records(
                     preparation, "training/texts", sizes(40), {{"labels", at::arange(40)}},
                     [](std::int64_t i) {
                       if (i == 30) throw std::runtime_error("the disk is full");
                       return record(i);
                     },
                     100),
                 std::runtime_error);
  }
  const auto kept = names(interrupted.path() / "training");
  ASSERT_FALSE(kept.empty());
  std::int64_t first = 40;
  Preparation preparation(interrupted.path(), "texts", 40);
  write_records(
      preparation, "training/texts", sizes(40), {{"labels", at::arange(40)}},
      [&](std::int64_t i) {
        first = std::min(first, i);
        return record(i);
      },
      100);
  EXPECT_GT(first, 13);  // what was whole was not made again
  EXPECT_EQ(preparation.done(), 40);
  const auto files = names(whole.path() / "training");
  ASSERT_EQ(files, names(interrupted.path() / "training"));
  for (const auto& file : files) {
    EXPECT_TRUE(content(whole.path() / "training" / file) ==
                content(interrupted.path() / "training" / file))
        << file;
  }
}

TEST(Records, NamesTheShardThatIsMissing) {
  const test::TemporaryFolder folder;
  const auto stem = folder.path() / "training/texts";
  EXPECT_THAT(message_of([&] { Records(stem, kRemedy); }),
              testing::HasSubstr("training/texts-00000-of-*.safetensors: no such file; make it "
                                 "with: timetrial data prepare x"));
  write(folder.path(), 6, 2);
  fs::remove(stem.string() + "-00003-of-00005.safetensors");
  EXPECT_THAT(message_of([&] { Records(stem, kRemedy); }),
              testing::HasSubstr("texts-00003-of-00005.safetensors: no such file; make it with"));
}

TEST(Records, RefusesTheShardsOfTwoPreparations) {
  const test::TemporaryFolder folder;
  write(folder.path(), 6, 2);
  write(folder.path(), 6, 100);
  EXPECT_THAT(message_of([&] { Records(folder.path() / "training/texts", kRemedy); }),
              testing::HasSubstr("files of two preparations; remove the folder"));
}

TEST(Records, RefusesOffsetsOutsideTheBytes) {
  const test::TemporaryFolder folder;
  const auto bytes = at::ones({8}, at::kByte), offsets = at::arange(10);
  tensorfile::write_file(folder.path() / "texts-00000-of-00001.safetensors",
                         views({{"bytes", bytes}, {"offsets", offsets}}), {});
  EXPECT_THAT(message_of([&] { Records(folder.path() / "texts", kRemedy); }),
              testing::HasSubstr("texts-00000-of-00001.safetensors: its offsets are not within"));
}

TEST(Records, AColumnOfAnotherShapeIsNamed) {
  const test::TemporaryFolder folder;
  write(folder.path(), 6, 100);
  const Records records(folder.path() / "training/texts", kRemedy);
  EXPECT_THAT(message_of([&] { records.column("labels", at::kLong, {2}); }),
              testing::HasSubstr("tensor 'labels' is I64 [6], expected I64 [6, 2]"));
}

TEST(Records, RefusesNothingAndColumnsOfAnotherLength) {
  const test::TemporaryFolder folder;
  Preparation preparation(folder.path(), "texts", 1);
  EXPECT_THROW(write_records(preparation, "texts", {}, {}, record), std::invalid_argument);
  EXPECT_THROW(write_records(preparation, "texts", sizes(3), {{"labels", at::arange(2)}}, record),
               std::invalid_argument);
}

TEST(Records, CountsBytesWithTheirOffsets) { EXPECT_EQ(bytes_of_records(sizes(5)), 10u + 5 * 8); }

}  // namespace
}  // namespace timetrial::data
