#include "harness/trial/sha256.h"

#include "harness/trial/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace timetrial {
namespace {

// FIPS 180-4 examples (NIST, "SHA_All.pdf").
TEST(Sha256, GivesTheKnownDigests) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesGiveTheDigestOfTheWhole) {
  EXPECT_EQ(Sha256().update("a").update("").update("bc").hex(), sha256_hex("abc"));
}

TEST(Sha256, FilesAreHashedWholeAndUnreadableOnesNamed) {
  std::string pattern = ::testing::TempDir() + "sha256.XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  const std::string text((1 << 20) + 17, 'x');  // more than one buffer
  std::ofstream(folder / "file") << text;
  EXPECT_EQ(sha256_of_file(folder / "file"), sha256_hex(text));
  for (const char* name : {"absent", "."}) {
    SCOPED_TRACE(name);
    try {
      sha256_of_file(folder / name);
      ADD_FAILURE() << "was read";
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), ::testing::StartsWith((folder / name).string() + ": "));
    }
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace timetrial
