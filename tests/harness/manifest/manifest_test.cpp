#include "harness/manifest/manifest.h"

#include "harness/trial/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace timetrial::manifest {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ManifestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "training");
    put("training/images.bin", "abc");
    put("held_back.bin", "");
    manifest_ = {"fashion_mnist", "fashion_mnist_vit", {{"p", "1.0"}}, list_files(folder_)};
    write(folder_, manifest_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void put(const std::string& path, const std::string& content) {
    std::ofstream(folder_ / path) << content;
  }
  std::string read_error() {
    try {
      read(folder_);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }

  std::filesystem::path folder_;
  Manifest manifest_;
};

TEST_F(ManifestTest, ReadsBackWhatWasWritten) {
  const auto read_back = read(folder_);
  EXPECT_EQ(read_back.dataset, "fashion_mnist");
  EXPECT_EQ(read_back.workload, "fashion_mnist_vit");
  EXPECT_EQ(read_back.packages, manifest_.packages);
  ASSERT_EQ(read_back.files.size(), 2U);
  EXPECT_EQ(read_back.files[0].path, "held_back.bin");
  EXPECT_EQ(read_back.files[1].bytes, 3U);
  // FIPS 180-2, appendix B.1: SHA-256 of "abc".
  EXPECT_EQ(read_back.files[1].sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(data_hash(read_back), data_hash(manifest_));
}

TEST_F(ManifestTest, FindsNoDifferenceInUntouchedData) {
  EXPECT_THAT(differences(folder_, read(folder_)), IsEmpty());
}

TEST_F(ManifestTest, NamesEveryFileThatDiffers) {
  put("training/images.bin", "abd");
  EXPECT_THAT(differences(folder_, manifest_), ElementsAre(HasSubstr("images.bin: its content")));
  put("training/images.bin", "ab");
  EXPECT_THAT(differences(folder_, manifest_),
              ElementsAre(EndsWith("images.bin: 2 bytes, expected 3")));
  std::filesystem::remove(folder_ / "training/images.bin");
  put("stray", "x");
  EXPECT_THAT(differences(folder_, manifest_),
              ElementsAre(EndsWith("stray: not in the manifest"), EndsWith("images.bin: missing")));
}

TEST_F(ManifestTest, HashDependsOnContentAndNameAndNotOnOrder) {
  const auto before = data_hash(manifest_);
  auto reordered = manifest_;
  std::swap(reordered.files[0], reordered.files[1]);
  EXPECT_EQ(data_hash(reordered), before);
  auto renamed = manifest_;
  renamed.files[0].path = "other.bin";
  EXPECT_NE(data_hash(renamed), before);
  auto changed = manifest_;
  changed.files[1].sha256[0] = '0';
  EXPECT_NE(data_hash(changed), before);
}

TEST_F(ManifestTest, RefusesAMalformedManifestInOneLine) {
  struct Case {
    const char* text;
    const char* message;
  };
  const Case cases[] = {
      {"", "parse error"},
      {"[]", "manifest.json"},
      {R"({"format": 2})", "format is 2, this program reads 1"},
      {R"({"format": 1, "dataset": "d", "workload": "w", "packages": {},
           "files": [{"path": "../x", "bytes": 1, "sha256": "a"}]})",
       "'../x' leads out of the folder"},
      {R"({"format": 1, "dataset": "d", "workload": "w", "packages": {},
           "files": [{"path": "x", "bytes": "1", "sha256": "a"}]})",
       "bytes is no whole number from 0 up"},
      {R"({"format": 1, "dataset": "d", "workload": "w", "packages": {},
           "files": [{"path": "x", "bytes": -1, "sha256": "a"}]})",
       "bytes is no whole number from 0 up"},
      {R"({"format": 11111111111111111111111111111})", "format is no whole number from 0 up"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    put(kFileName, c.text);
    const auto error = read_error();
    EXPECT_THAT(error, HasSubstr(c.message));
    EXPECT_THAT(error, HasSubstr("run: timetrial data prepare"));
    EXPECT_EQ(error.find('\n'), std::string::npos);
  }
}

TEST_F(ManifestTest, SaysHowToPrepareWhatIsNotThere) {
  std::filesystem::remove(folder_ / kFileName);
  EXPECT_THAT(read_error(), HasSubstr("not there; run: timetrial data prepare"));
}

TEST_F(ManifestTest, RefusesLinksInADataSet) {
  std::filesystem::create_symlink("/etc/passwd", folder_ / "link");
  EXPECT_THROW(list_files(folder_), InputError);
}

}  // namespace
}  // namespace timetrial::manifest
