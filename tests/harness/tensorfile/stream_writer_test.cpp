#include "harness/tensorfile/stream_writer.h"

#include "harness/trial/error.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>

#include <array>
#include <cstring>
#include <system_error>
#include <vector>

namespace timetrial::tensorfile {
namespace {

template <typename T>
std::span<const std::byte> bytes_of(const T& values) {
  return std::as_bytes(std::span(values));
}

TEST(StreamWriter, MakesAFileThatTheReaderReads) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "rows.safetensors";
  const std::array<std::int32_t, 6> rows = {1, 2, 3, 4, 5, 6};
  const std::array<std::uint8_t, 2> labels = {7, 8};
  StreamWriter writer(file, "rows", "I32", {3});
  writer.append(bytes_of(rows).first(5));  // pieces need not end with a value
  writer.append(bytes_of(rows).subspan(5));
  EXPECT_EQ(writer.appended(), 24u);
  writer.finish({{"labels", "U8", {2}, bytes_of(labels)}});

  const Reader reader(file);
  EXPECT_EQ(reader.info("rows").dtype, "I32");
  EXPECT_THAT(reader.info("rows").shape, testing::ElementsAre(2, 3));
  ASSERT_EQ(reader.bytes("rows").size(), 24u);
  EXPECT_EQ(std::memcmp(reader.bytes("rows").data(), rows.data(), 24), 0);
  EXPECT_EQ(std::memcmp(reader.bytes("labels").data(), labels.data(), 2), 0);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(reader.bytes("rows").data()) % 64, 0u);
}

TEST(StreamWriter, RefusesHalfARow) {
  const test::TemporaryFolder folder;
  const std::array<std::uint8_t, 4> bytes = {1, 2, 3, 4};
  StreamWriter writer(folder.path() / "rows", "rows", "U8", {3});
  writer.append(bytes_of(bytes));
  try {
    writer.finish({});
    FAIL() << "finished within a row";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("rows: 4 bytes of tensor 'rows' are not whole "
                                                 "rows of 3"));
  }
}

TEST(StreamWriter, AnUnfinishedFileIsRefused) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "rows";
  const std::vector<std::uint8_t> bytes(3 << 20, 9);
  { StreamWriter(file, "rows", "U8", {}).append(bytes_of(bytes)); }
  EXPECT_THROW(Reader{file}, InputError);
}

TEST(StreamWriter, AFolderThatIsNotThereIsNamed) {
  EXPECT_THROW(StreamWriter("/nowhere/rows", "rows", "U8", {}), std::system_error);
}

}  // namespace
}  // namespace timetrial::tensorfile
