#include "workloads/data/idx_reader.h"

#include "workloads/data/gzip.h"
#include "workloads/workload.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <zlib.h>

#include <fstream>

namespace timetrial::data {
namespace {

std::filesystem::path write_gzip(const std::string& name, const std::string& bytes) {
  const auto file = std::filesystem::path(testing::TempDir()) / name;
  gzFile out = gzopen(file.c_str(), "wb");
  gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(out);
  return file;
}

std::string message(const std::function<void()>& action) {
  try {
    action();
  } catch (const workloads::DataError& error) {
    return error.what();
  }
  return "no error";
}

const std::string kHeader({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3});

TEST(ReadIdx, ReadsValuesRowMajor) {
  const auto file = write_gzip("good-idx.gz", kHeader + std::string({1, 2, 3, 4, 5, '\xFF'}));
  const auto expected = at::tensor({1, 2, 3, 4, 5, 255}, at::kByte).view({2, 3});
  EXPECT_TRUE(at::equal(read_idx(file, {2, 3}), expected));
}

TEST(ReadIdx, SaysWhatIsWrongWithAFile) {
  const struct {
    std::string name, bytes, message;
  } cases[] = {
      {"magic", std::string({0, 0, 8, 1}) + kHeader.substr(4),
       "magic number is 2049, expected 2050"},
      {"shape", std::string(kHeader).replace(11, 1, 1, 4), "dimension 1 is 4, expected 3"},
      {"short", kHeader + "12345", "number of values is 5, expected 6"},
      {"long", kHeader + "1234567", "number of values is 7, expected 6"},
      {"header", kHeader.substr(0, 7), "ends within the header"},
      {"empty", "", "ends within the header"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto file = write_gzip(c.name + "-idx.gz", c.bytes);
    const auto found = message([&] { read_idx(file, {2, 3}); });
    EXPECT_THAT(found, testing::StartsWith(file.string() + ": "));
    EXPECT_THAT(found, testing::HasSubstr(c.message));
  }
}

TEST(ReadGzip, SaysWhatIsWrongWithAFile) {
  const auto folder = std::filesystem::path(testing::TempDir());
  EXPECT_THAT(message([&] { read_gzip(folder / "missing.gz"); }),
              testing::HasSubstr("missing.gz: No such file or directory; run scripts/setup.sh"));
  std::ofstream(folder / "plain.gz") << "not packed";
  EXPECT_THAT(message([&] { read_gzip(folder / "plain.gz"); }),
              testing::HasSubstr("is not a gzip file"));
  const auto cut = write_gzip("cut.gz", std::string(100000, 'x'));
  std::filesystem::resize_file(cut, std::filesystem::file_size(cut) - 20);
  EXPECT_THAT(message([&] { read_gzip(cut); }), testing::HasSubstr("cannot be unpacked after"));
}

}  // namespace
}  // namespace timetrial::data
