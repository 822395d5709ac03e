#include "harness/tensorfile/safetensors.h"

#include "harness/tensorfile/safetensors_header.h"
#include "harness/trial/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

namespace timetrial::tensorfile {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class SafetensorsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "safetensors.XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write_bytes(const std::string& bytes) const {
    const auto file = folder_ / "file.safetensors";
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
  }

  std::filesystem::path folder_;
};

std::string with_length(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(static_cast<std::uint64_t>(header.size()) >> (8 * i));
  }
  return bytes + header + data;
}

std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The message of the InputError that `action` throws; empty when it throws none.
template <typename Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST_F(SafetensorsTest, ReadsBackWhatItWrote) {
  const std::vector<float> weight{1.5F, -2.0F, 3.25F, 0.0F, 5.0F, 6.0F};
  const std::vector<std::int64_t> step{42};
  const auto file = folder_ / "model.safetensors";
  write_file(file,
             {{"weight", "F32", {2, 3}, std::as_bytes(std::span(weight))},
              {"empty", "F64", {0, 7}, {}},
              {"step", "I64", {}, std::as_bytes(std::span(step))}},
             {{"made by", "a \"test\""}});

  const Reader reader(file);
  EXPECT_EQ(reader.tensors().size(), 3U);
  EXPECT_EQ(reader.metadata().at("made by"), "a \"test\"");
  EXPECT_EQ(reader.info("weight").dtype, "F32");
  EXPECT_EQ(reader.info("weight").shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_TRUE(reader.info("step").shape.empty());
  EXPECT_EQ(reader.bytes("empty").size(), 0U);
  ASSERT_EQ(reader.bytes("weight").size(), 24U);
  EXPECT_EQ(std::memcmp(reader.bytes("weight").data(), weight.data(), 24), 0);
  EXPECT_EQ(std::memcmp(reader.bytes("step").data(), step.data(), 8), 0);
}

TEST_F(SafetensorsTest, DataSectionStartsAtAMultipleOf64) {
  for (const std::size_t name_length : {1U, 2U, 30U, 31U, 32U, 63U}) {
    SCOPED_TRACE(name_length);
    const std::byte value{7};
    const auto file = folder_ / "aligned.safetensors";
    write_file(file, {{std::string(name_length, 'x'), "U8", {1}, {&value, 1}}}, {});
    EXPECT_EQ((std::filesystem::file_size(file) - 1) % 64, 0U);
  }
}

TEST_F(SafetensorsTest, ReadsAHeaderWrittenByHand) {
  const auto file = write_bytes(with_length(
      R"({"b":{"dtype":"BF16","shape":[2],"data_offsets":[1,5]},)"
      R"("a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]},"__metadata__":{"k":"v"}}   )",
      "\x01wxyz"));
  const Reader reader(file);
  EXPECT_EQ(reader.bytes("a")[0], std::byte{1});
  EXPECT_EQ(reader.bytes("b")[0], std::byte{'w'});
  EXPECT_EQ(reader.metadata().at("k"), "v");
}

TEST_F(SafetensorsTest, ReadsAnOpenFileThatHasNoNameAnyMore) {
  const auto file =
      write_bytes(with_length(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", "xy"));
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  std::filesystem::remove(file);
  const Reader reader(fd, "the file");
  ::close(fd);
  EXPECT_EQ(std::memcmp(reader.bytes("a").data(), "xy", 2), 0);
  EXPECT_THAT(message_of([&] { reader.info("b"); }), StartsWith("the file: no tensor 'b'"));
  EXPECT_THAT(message_of([] { Reader(-1, "nothing"); }), StartsWith("nothing: cannot be read"));
}

TEST_F(SafetensorsTest, MovedReaderKeepsItsMapping) {
  Reader first(
      write_bytes(with_length(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "z")));
  const Reader second(std::move(first));
  EXPECT_EQ(second.bytes("a")[0], std::byte{'z'});
}

TEST_F(SafetensorsTest, MalformedFilesAreNamedWithTheirProblem) {
  struct Case {
    const char* name;
    std::string bytes;
    const char* message;
  };
  const auto entry = [](const std::string& text, const std::string& data) {
    return with_length("{\"w\":" + text + "}", data);
  };
  const std::vector<Case> cases{
      {"empty", "", "0 bytes are too few"},
      {"cut in the length", "1234567", "7 bytes are too few"},
      {"length beyond the file", std::string("\x40\0\0\0\0\0\0\0{}", 10),
       "a header of 64 bytes does not fit the file of 10 bytes"},
      {"huge length", std::string(8, '\xff') + "{}",
       "a header of 18446744073709551615 bytes does not fit"},
      {"no JSON", with_length("{\"w\":", ""), "header:1:"},
      {"invalid UTF-8", with_length("{\"\xff\":1}", ""), "header:1:"},
      {"a list", with_length("[]", ""), "the header is no JSON object"},
      {"empty header", with_length("", ""), "header:1:"},
      {"entry is a number", entry("1", ""), "tensor 'w': the entry is not an object"},
      {"no dtype", entry(R"({"shape":[1],"data_offsets":[0,4]})", "1234"),
       "tensor 'w': 'dtype' is not a text"},
      {"unknown dtype", entry(R"({"dtype":"F8","shape":[1],"data_offsets":[0,1]})", "1"),
       "tensor 'w': unknown dtype 'F8'; known: F32, F64"},
      {"no shape", entry(R"({"dtype":"F32","data_offsets":[0,4]})", "1234"),
       "'shape' is not a list"},
      {"negative extent", entry(R"({"dtype":"U8","shape":[-1],"data_offsets":[0,1]})", "1"),
       "shape entry -1 is not an integer from 0 up"},
      {"extent beyond int64",
       entry(R"({"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,1]})", "1"),
       "is not an integer from 0 up"},
      {"fractional extent", entry(R"({"dtype":"U8","shape":[1.5],"data_offsets":[0,1]})", "1"),
       "shape entry 1.5 is not an integer"},
      {"product overflows",
       entry(R"({"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]})", ""),
       "do not match dtype and shape"},
      {"no offsets", entry(R"({"dtype":"U8","shape":[1]})", "1"), "'data_offsets' is not a pair"},
      {"negative offset", entry(R"({"dtype":"U8","shape":[1],"data_offsets":[-1,0]})", "1"),
       "'data_offsets' is not a pair"},
      {"one offset", entry(R"({"dtype":"U8","shape":[1],"data_offsets":[0]})", "1"),
       "'data_offsets' is not a pair"},
      {"data cut short", entry(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})", "1234"),
       "data_offsets [0, 8) lie outside the data section of 4 bytes"},
      {"offsets reversed", entry(R"({"dtype":"U8","shape":[1],"data_offsets":[1,0]})", "1"),
       "data_offsets [1, 0) lie outside"},
      {"offsets against shape",
       entry(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})", "1234"),
       "data_offsets [0, 4) do not match dtype and shape"},
      {"overlap",
       with_length(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                   R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                   "123"),
       "tensors 'a' and 'b' overlap"},
      {"hole",
       with_length(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                   R"("b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
                   "123"),
       "1 bytes before tensor 'b' belong to no tensor"},
      {"trailing bytes", entry(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1]})", "12"),
       "1 bytes at the end belong to no tensor"},
      {"name twice",
       with_length(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                   R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                   "1"),
       "header: names 'a' twice"},
      {"metadata of numbers", with_length(R"({"__metadata__":{"epoch":3}})", ""),
       "__metadata__ 'epoch' is not a text"},
      {"metadata is a text", with_length(R"({"__metadata__":"x"})", ""),
       "__metadata__ is not an object"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    const auto file = write_bytes(test.bytes);
    const auto message = message_of([&] { const Reader reader(file); });
    EXPECT_THAT(message, StartsWith(file.string() + ": "));
    EXPECT_THAT(message, HasSubstr(test.message));
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
}

TEST_F(SafetensorsTest, MissingFilesFoldersAndTensorsAreNamed) {
  EXPECT_THAT(message_of([&] { const Reader reader(folder_ / "absent"); }),
              HasSubstr("absent: cannot be read (No such file or directory)"));
  EXPECT_THAT(message_of([&] { const Reader reader(folder_); }), HasSubstr("not a regular file"));
  const Reader reader(write_bytes(with_length("{}", "")));
  EXPECT_THAT(message_of([&] { reader.info("w"); }), HasSubstr("no tensor 'w' among its 0"));
}

TEST_F(SafetensorsTest, RefusesToWriteWhatItCouldNotRead) {
  struct Case {
    const char* name;
    std::vector<TensorView> tensors;
    const char* message;
  };
  const std::byte one{1};
  const std::vector<Case> cases{
      {"bytes against shape", {{"w", "F32", {2}, {&one, 1}}}, "has 1 bytes, which do not match"},
      {"negative extent", {{"w", "U8", {-1}, {&one, 1}}}, "do not match"},
      {"dtype", {{"w", "C64", {1}, {&one, 1}}}, "unknown dtype 'C64'"},
      {"twice", {{"w", "U8", {1}, {&one, 1}}, {"w", "U8", {1}, {&one, 1}}}, "used twice"},
      {"reserved", {{"__metadata__", "U8", {1}, {&one, 1}}}, "reserved"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    EXPECT_THAT(message_of([&] { make_header(test.tensors, {}); }), HasSubstr(test.message));
  }
}

TEST_F(SafetensorsTest, FailedWriteLeavesTheOldFileAndNothingElse) {
  const auto file = write_bytes("precious");
  const std::byte one{1};
  EXPECT_THROW(write_file(file, {{"w", "F32", {2}, {&one, 1}}}, {}), InputError);
  EXPECT_EQ(contents(file), "precious");
  const std::filesystem::directory_iterator entries(folder_);
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST_F(SafetensorsTest, FullDiskIsASystemError) {
  const int fd = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (fd < 0) GTEST_SKIP() << "/dev/full is not here";
  const std::byte one{1};
  EXPECT_THROW(write(fd, {{"w", "U8", {1}, {&one, 1}}}, {}), std::system_error);
  ::close(fd);
}

TEST(ElementSize, KnowsEveryDtypeOfTheHeader) {
  EXPECT_EQ(element_size("F64"), 8U);
  EXPECT_EQ(element_size("BF16"), 2U);
  EXPECT_EQ(element_size("BOOL"), 1U);
  EXPECT_THROW(element_size("f32"), InputError);
}

}  // namespace
}  // namespace timetrial::tensorfile
