// Decoding against what Pillow makes of the same files (scripts/make-encoded-image-fixtures.py).
#include "workloads/data/image_decoding.h"

#include "harness/trial/sha256.h"
#include "tests/support/recorded_checks.h"
#include "workloads/workload.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace timetrial::data {
namespace {

const std::filesystem::path kFolder =
    std::filesystem::path(TIMETRIAL_SOURCE_DIR) / "tests/workloads/data/fixtures/encoded";
const nlohmann::json kFiles = test::read_record(kFolder / "index.json").at("files");

std::string content(const std::string& name) {
  std::ostringstream out;
  out << std::ifstream(kFolder / name, std::ios::binary).rdbuf();
  return out.str();
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string message_of(const std::string& bytes) {
  try {
    EncodedImage(bytes_of(bytes), "n01/a.JPEG").decode();
  } catch (const workloads::DataError& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(EncodedImage, DecodesEveryKindAsPillowDoes) {
  ASSERT_EQ(kFiles.size(), 14u);
  for (const auto& [name, expected] : kFiles.items()) {
    SCOPED_TRACE(name);
    const std::string bytes = content(name);
    const EncodedImage encoded(bytes_of(bytes), name);
    EXPECT_EQ(encoded.height(), expected.at("height").get<std::int64_t>());
    EXPECT_EQ(encoded.width(), expected.at("width").get<std::int64_t>());
    const at::Tensor image = encoded.decode();
    EXPECT_EQ(image.sizes(), at::IntArrayRef({encoded.height(), encoded.width(), 3}));
    EXPECT_EQ(sha256_hex({reinterpret_cast<const char*>(image.const_data_ptr<std::uint8_t>()),
                          static_cast<std::size_t>(image.numel())}),
              expected.at("sha256").get<std::string>());
  }
}

// What is left out must not show: at the edges of what is decoded, smooth chroma has no neighbour.
TEST(EncodedImage, APartIsThatOfTheWholeImage) {
  for (const auto& [name, expected] : kFiles.items()) {
    SCOPED_TRACE(name);
    const std::string bytes = content(name);
    const EncodedImage encoded(bytes_of(bytes), name);
    for (const auto dct : {InverseDct::accurate, InverseDct::fast}) {
      const at::Tensor whole = encoded.decode(dct);
      Random random(1);
      const auto below = [&](std::int64_t bound) {
        return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(bound)));
      };
      for (int i = 0; i < 20; ++i) {
        Box box{.height = 1 + below(encoded.height()), .width = 1 + below(encoded.width())};
        if (i % 2 == 0) box.width = 1 + box.width / 3;  // narrow enough to leave columns out
        box.top = below(encoded.height() - box.height + 1);
        box.left = below(encoded.width() - box.width + 1);
        ASSERT_TRUE(at::equal(encoded.decode(box, dct), crop(whole, box)))
            << box.top << " " << box.left << " " << box.height << " " << box.width;
      }
    }
  }
}

TEST(EncodedImage, TheFastTransformIsAFewLevelsOff) {
  const std::string bytes = content("full.jpg");
  const EncodedImage encoded(bytes_of(bytes), "full.jpg");
  const auto difference =
      (encoded.decode().to(at::kInt) - encoded.decode(InverseDct::fast).to(at::kInt)).abs();
  EXPECT_GT(difference.max().item<int>(), 0);
  EXPECT_LE(difference.max().item<int>(), 10);
}

TEST(EncodedImage, RefusesBoxesOutside) {
  const std::string bytes = content("tiny.jpg");
  const EncodedImage encoded(bytes_of(bytes), "tiny.jpg");
  EXPECT_THROW(encoded.decode({0, 0, 4, 1}), std::invalid_argument);
  EXPECT_THROW(encoded.decode({0, 0, 0, 1}), std::invalid_argument);
  EXPECT_THROW(encoded.decode({0, -1, 1, 1}), std::invalid_argument);
}

TEST(EncodedImage, NamesWhatIsNoImage) {
  EXPECT_THAT(message_of("hello, I am a text"),
              testing::StartsWith("n01/a.JPEG: Not a JPEG file: starts with 0x68 0x65"));
  EXPECT_THAT(message_of(""), testing::StartsWith("n01/a.JPEG: Empty input file"));
}

TEST(EncodedImage, MorePixelsThanPillowReadsAreRefused) {
  std::string jpeg = content("tiny.jpg");
  const auto frame = jpeg.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xfe\xfe\xfe\xfe");  // height and width
  EXPECT_EQ(message_of(jpeg),
            "n01/a.JPEG: 65278 x 65278 pixels, expected at most 178956970; fetch the image again");
}

TEST(EncodedImage, FilesThatEndEarlyAreRefused) {
  for (const std::string name : {"quarter.jpg", "progressive.jpg"}) {
    const std::string bytes = content(name);
    EXPECT_THAT(message_of(bytes.substr(0, bytes.size() / 2)),
                testing::StartsWith("n01/a.JPEG: Premature end of JPEG file"))
        << name;
    EXPECT_THAT(message_of(bytes.substr(0, 40)), testing::StartsWith("n01/a.JPEG: Premature end"));
  }
  const std::string png = content("colour.png");
  EXPECT_EQ(message_of(png.substr(0, png.size() / 2)),
            "n01/a.JPEG: PNG: it ends early; fetch the image again");
  EXPECT_EQ(message_of(png.substr(0, 20)), "n01/a.JPEG: PNG: it ends early; fetch the image again");
}

TEST(EncodedImage, ADamagedPngIsRefused) {
  std::string png = content("colour.png");
  png[png.size() / 2] = static_cast<char>(~png[png.size() / 2]);
  EXPECT_THAT(message_of(png), testing::StartsWith("n01/a.JPEG: PNG: "));
}

}  // namespace
}  // namespace timetrial::data
