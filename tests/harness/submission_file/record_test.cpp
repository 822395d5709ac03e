#include "harness/submission_file/record.h"

#include "harness/trial/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

namespace timetrial::submission_file {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::filesystem::path library(const std::string& name) {
  return std::filesystem::path(LIBRARIES_DIR) / (name + ".so");
}

/// The message that loading `file` is refused with; "" when it is accepted.
std::string refusal(const std::filesystem::path& file) {
  try {
    check_compatible(read_record(file));
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

class Scratch : public testing::Test {
 protected:
  Scratch() { std::filesystem::create_directories(folder_); }
  ~Scratch() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() /
      ("record_test." + std::to_string(getpid()) + "." +
       testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST(SubmissionRecord, IsReadWithoutLoadingTheLibrary) {
  const auto file = read_record(library("good_record"));
  EXPECT_EQ(file.name, "sample");
  EXPECT_EQ(file.author, "An Author");
  EXPECT_EQ(file.libtorch, BUILT_WITH_LIBTORCH);
  EXPECT_EQ(file.sdk, harness_toolchain().sdk);
  EXPECT_EQ(file.compiler, harness_toolchain().compiler);
  EXPECT_EQ(file.path, library("good_record"));
  EXPECT_EQ(refusal(library("good_record")), "");
}

TEST(SubmissionRecord, NamesWhatDiffersAndHowToRebuild) {
  const struct Case {
    const char* library;
    const char* message;
  } cases[] = {
      {"wrong_sdk", "built with SDK 0.99.0 (this harness: 0.2.0); rebuild it with"},
      {"wrong_libtorch", "built with LibTorch 1.0.0 (this harness: " BUILT_WITH_LIBTORCH ")"},
      {"wrong_compiler", "built with compiler icc 2021 (this harness: "},
      {"wrong_abi", "built with _GLIBCXX_USE_CXX11_ABI 0 (this harness: 1)"},
      {"wrong_layout", "record has 12 bytes, expected"},
      {"wrong_magic", "record is damaged"},
      {"no_record", "not a submission (no .timetrial record); end its source with"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.library);
    EXPECT_THAT(refusal(library(c.library)), AllOf(HasSubstr(library(c.library).string() + ": "),
                                                   HasSubstr(c.message), Not(HasSubstr("\n"))));
  }
}

TEST(SubmissionRecord, AcceptsAnotherMajorVersionOfTheSameCompilerAndAnotherPatchOfTheSdk) {
  auto file = read_record(library("good_record"));
  file.compiler = harness_toolchain().compiler + "9";
  file.sdk = "0.2.7";
  EXPECT_NO_THROW(check_compatible(file));
}

TEST_F(Scratch, RefusesWhatIsNoLibrary) {
  EXPECT_THAT(refusal(folder_ / "absent.so"), HasSubstr("no such file"));
  EXPECT_THAT(refusal(folder_), HasSubstr("not a file"));
  EXPECT_THAT(refusal(write("empty.so", "")), HasSubstr("not a library at all"));
  EXPECT_THAT(refusal(write("text.so", "int main() {}\n")), HasSubstr("not a library at all"));
  EXPECT_THAT(refusal(write("magic.so",
                            "\x7f"
                            "ELF")),
              HasSubstr("cut short"));
  auto other = contents(library("good_record"));
  other[4] = 1;  // ELFCLASS32
  EXPECT_THAT(refusal(write("other.so", other)), HasSubstr("another kind of machine"));
  auto object = contents(library("good_record"));
  object[16] = 1;  // ET_REL
  EXPECT_THAT(refusal(write("object.so", object)), HasSubstr("not a shared library"));
}

TEST_F(Scratch, RefusesTextsThatWouldBreakALine) {
  auto file = contents(library("good_record"));
  const std::string author = "An Author";
  const auto at = file.find(author);
  ASSERT_NE(at, std::string::npos);
  ASSERT_EQ(file.find(author, at + 1), std::string::npos);
  file[at + 2] = '\n';
  EXPECT_THAT(refusal(write("lines.so", file)),
              AllOf(HasSubstr("author holds control characters"), Not(HasSubstr("\n"))));
}

TEST_F(Scratch, RefusesEveryCutOfALibrary) {
  const auto whole = contents(library("good_record"));
  for (std::size_t length = 0; length < whole.size(); length += 97) {
    SCOPED_TRACE(length);
    EXPECT_THAT(refusal(write("cut.so", whole.substr(0, length))), Not(testing::IsEmpty()));
  }
}

TEST(ElfSection, SurvivesAnyChangedBytes) {
  const auto whole = contents(library("good_record"));
  std::mt19937 random(7);  // NOLINT: fixed on purpose
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    auto damaged = whole;
    // Headers are where the offsets are: hit the first 64 bytes and the section table.
    for (int k = 0; k < 4; ++k) {
      const std::size_t table = damaged.size() - std::min<std::size_t>(damaged.size(), 2200);
      const std::size_t place =
          random() % 2 == 0 ? 4 + random() % 60 : table + random() % (damaged.size() - table);
      damaged[place] = static_cast<char>(random());
    }
    try {
      const auto section = elf_section(bytes(damaged), ".timetrial", "damaged.so");
      if (section.empty()) continue;
      const auto* begin = bytes(damaged).data();
      ASSERT_GE(section.data(), begin);
      ASSERT_LE(section.data() + section.size(), begin + damaged.size());
    } catch (const InputError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(ElfSection, RefusesOffsetsThatOverflow) {
  auto image = contents(library("good_record"));
  const std::uint64_t far = ~std::uint64_t{0} - 8;
  std::memcpy(image.data() + 40, &far, sizeof(far));  // e_shoff
  EXPECT_THROW(elf_section(bytes(image), ".timetrial", "x.so"), InputError);
}

}  // namespace
}  // namespace timetrial::submission_file
