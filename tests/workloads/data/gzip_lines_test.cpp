// Lines of gzip files that are not unpacked whole.
#include "workloads/data/gzip_lines.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/gzip_writer.h"
#include "tests/support/temporary_folder.h"
#include "workloads/workload.h"

namespace timetrial::data {
namespace {

using testing::HasSubstr;

TEST(GzipLines, AreThoseOfTheText) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "a.gz";
  // More than one piece; empty lines; no end of line at the end.
  std::string text = "first\r\n\n";
  const std::string middle(300'000, 'x');
  for (int i = 0; i < 10; ++i) text += middle + "\n";
  test::write_gzip(file, text + "last");
  GzipLines lines(file, "");
  EXPECT_EQ(lines.next(), "first");
  EXPECT_EQ(lines.next(), "");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(lines.next(), middle);
  EXPECT_EQ(lines.next(), "last");
  EXPECT_EQ(lines.number(), 13u);
  std::string_view line;
  EXPECT_FALSE(lines.next(line));
}

TEST(GzipLines, AnEmptyFileHasNone) {
  const test::TemporaryFolder folder;
  test::write_gzip(folder.path() / "a.gz", "");
  GzipLines lines(folder.path() / "a.gz", "");
  std::string_view line;
  EXPECT_FALSE(lines.next(line));
}

TEST(GzipLines, BadFilesAreNamed) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "a.gz";
  const auto message = [&]() -> std::string {
    try {
      GzipLines lines(file, "; fetch it again");
      std::string_view line;
      while (lines.next(line)) continue;
      lines.next();
    } catch (const workloads::DataError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(message(), file.string() + ": No such file or directory; fetch it again");
  std::ofstream(file) << "plain text\n";
  EXPECT_THAT(message(), HasSubstr("is not a gzip file; fetch it again"));
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += std::to_string(i * 7919 % 10'007) + "\n";
  test::write_gzip(file, text);
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  EXPECT_THAT(message(), HasSubstr("is damaged or cut short; fetch it again"));
  test::write_gzip(file, "1\n2\n");
  EXPECT_THAT(message(), HasSubstr("a.gz:2: ends too early"));
}

}  // namespace
}  // namespace timetrial::data
