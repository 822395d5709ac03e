// Each operation on images against what Pillow and TensorFlow make of the same pixels.
#include "harness/trial/sha256.h"
#include "tests/support/recorded_checks.h"
#include "tests/workloads/data/made_image.h"
#include "workloads/data/image_color.h"
#include "workloads/data/image_crop.h"
#include "workloads/data/image_geometry.h"
#include "workloads/data/image_resize.h"

#include <gmock/gmock.h>

#include <functional>

namespace timetrial::data {
namespace {

using test::made_image;

const std::filesystem::path kFixtures =
    std::filesystem::path(TIMETRIAL_SOURCE_DIR) / "tests/workloads/data/fixtures";
const nlohmann::json kPillow = test::read_record(kFixtures / "pillow_images.json");

at::Tensor from_hex(const std::string& hex, std::int64_t height, std::int64_t width) {
  at::Tensor image = at::empty({height, width, 3}, at::kByte);
  auto* out = image.mutable_data_ptr<std::uint8_t>();
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    *out++ = static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return image;
}

std::string digest(const at::Tensor& image) {
  const at::Tensor bytes = image.contiguous();
  return sha256_hex({reinterpret_cast<const char*>(bytes.const_data_ptr<std::uint8_t>()),
                     static_cast<std::size_t>(bytes.numel())});
}

std::int64_t largest_difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return -1;
  return (a.to(at::kLong) - b.to(at::kLong)).abs().max().item<std::int64_t>();
}

using Operation = std::function<at::Tensor(const at::Tensor&)>;

/// By the names of the fixture, at AlgoPerf's strengths or, for the small image, ones that leave
/// something of it.
std::map<std::string, Operation> operations(bool small) {
  std::map<std::string, Operation> all;
  for (const int sign : {1, -1}) {
    const std::string end = sign > 0 ? " +" : " -";
    const int shift = (small ? 5 : 100) * sign;
    all["ShearX" + end] = [sign](const auto& image) { return shear(image, 0.3 * sign, 0); };
    all["ShearY" + end] = [sign](const auto& image) { return shear(image, 0, 0.3 * sign); };
    all["TranslateX" + end] = [shift](const auto& image) { return translate(image, shift, 0); };
    all["TranslateY" + end] = [shift](const auto& image) { return translate(image, 0, shift); };
    all["Rotate" + end] = [sign](const auto& image) { return rotate(image, 30 * sign); };
  }
  all["Brightness"] = [](const auto& image) { return brightness(image, 1.9); };
  all["Color"] = [](const auto& image) { return color(image, 1.9); };
  all["Contrast"] = [](const auto& image) { return contrast(image, 1.9); };
  all["Sharpness"] = [](const auto& image) { return sharpness(image, 1.9); };
  all["Posterize"] = [](const auto& image) { return posterize(image, 4); };
  all["SolarizeAdd"] = [](const auto& image) { return solarize_add(image, 110); };
  all["AutoContrast"] = auto_contrast;
  all["Equalize"] = equalize;
  all["Invert"] = invert;
  all["Cutout"] = [small](const auto& image) {
    return small ? cutout(image, 3, 2, 9, 30) : cutout(image, 10, 150, 90, 224);
  };
  return all;
}

TEST(ImageOperations, EqualPillowsOnASmallImage) {
  const at::Tensor image = made_image(18, 23, 30, 170), before = image.clone();
  const auto all = operations(true);
  ASSERT_EQ(kPillow.at("operations").size(), all.size());
  for (const auto& [name, operation] : all) {
    const at::Tensor expected = from_hex(kPillow.at("operations").at(name), 18, 23);
    const at::Tensor found = operation(image);
    EXPECT_EQ(largest_difference(found, expected), 0) << name;
    EXPECT_FALSE(at::equal(found, image)) << name;
    EXPECT_TRUE(at::equal(image, before)) << name << " changed its input";
  }
}

TEST(ImageOperations, EqualPillowsAtFullSizeAndStrength) {
  const at::Tensor image = made_image(224, 224, 20, 200);
  const auto all = operations(false);
  ASSERT_EQ(kPillow.at("operations_224").size(), all.size());
  for (const auto& [name, operation] : all) {
    EXPECT_EQ(digest(operation(image)), kPillow.at("operations_224").at(name)) << name;
  }
}

TEST(ImageOperations, SolarizeInvertsFromTheThreshold) {
  const at::Tensor image = made_image(18, 23, 0, 256);
  EXPECT_TRUE(at::equal(solarize(image, 256), image));
  EXPECT_TRUE(at::equal(solarize(image, 0), invert(image)));
  EXPECT_TRUE(at::equal(solarize(image, 100), at::where(image.lt(100), image, invert(image))));
}

TEST(ImageOperations, FlatImagesHaveNothingToStretch) {
  const at::Tensor flat = at::full({4, 5, 3}, 77, at::kByte);
  EXPECT_TRUE(at::equal(auto_contrast(flat), flat));
  EXPECT_TRUE(at::equal(equalize(flat), flat));
  EXPECT_TRUE(at::equal(contrast(flat, 1.9), flat));
  EXPECT_TRUE(at::equal(sharpness(flat, 1.9), flat));
}

TEST(ImageOperations, OtherTensorsAreRefused) {
  EXPECT_THROW(invert(at::zeros({4, 5, 3})), std::invalid_argument);
  EXPECT_THROW(rotate(at::zeros({4, 5}, at::kByte), 30), std::invalid_argument);
  EXPECT_THROW(resize_bilinear(at::zeros({4, 5, 1}, at::kByte), 2, 2), std::invalid_argument);
  EXPECT_THROW(equalize(at::zeros({3, 4, 5}, at::kByte).permute({1, 2, 0})), std::invalid_argument);
  EXPECT_THROW(resize_bilinear(at::zeros({4, 5, 3}, at::kByte), 0, 2), std::invalid_argument);
}

// --- resizing
// -------------------------------------------------------------------------------------

TEST(ResizeBilinear, EqualsPillows) {
  const at::Tensor image = made_image(31, 57, 0, 256);
  for (const auto& one : kPillow.at("resized")) {
    SCOPED_TRACE(one.at("box").dump() + one.at("to").dump());
    const auto box = one.at("box").get<std::vector<std::int64_t>>();
    const auto size = one.at("to").get<std::vector<std::int64_t>>();
    const at::Tensor found =
        resize_bilinear(crop(image, {box[0], box[1], box[2], box[3]}), size[0], size[1]);
    EXPECT_EQ(largest_difference(found, from_hex(one.at("hex"), size[0], size[1])), 0);
  }
}

TEST(ResizeBicubicTensorFlow, EqualsTheRecord) {
  test::expect_recorded(kFixtures / "data_tf_bicubic_resize.json");
}

TEST(ResizeBicubicTensorFlow, AnotherValueInTheRecordIsFound) {
  const auto file = kFixtures / "data_tf_bicubic_resize.json";
  auto record = test::read_record(file);
  auto& value = record["resized"][11][11][2];
  value = value.get<double>() + 0.01;
  EXPECT_FALSE(test::all_passed(test::recorded_checks(record, file)));
}

TEST(ResizeBicubicTensorFlow, KeepsAnImageOfTheSameSizeAndFlatOnes) {
  const at::Tensor image = made_image(7, 9, 0, 256);
  EXPECT_TRUE(at::equal(resize_bicubic_tensorflow(image, 7, 9), image.to(at::kFloat)));
  const at::Tensor flat = resize_bicubic_tensorflow(at::full({7, 9, 3}, 200, at::kByte), 20, 3);
  EXPECT_TRUE(at::allclose(flat, at::full({20, 3, 3}, 200.F), 1e-6));
}

}  // namespace
}  // namespace timetrial::data
