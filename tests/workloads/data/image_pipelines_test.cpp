// Crops, random draws and whole pipelines: their distributions, and that a seed settles everything.
#include "workloads/data/image_pipelines.h"
#include "tests/workloads/data/made_image.h"
#include "workloads/data/image_resize.h"
#include "workloads/data/mixup.h"
#include "workloads/data/rand_augment.h"

#include <gmock/gmock.h>

#include <cmath>
#include <set>

namespace timetrial::data {
namespace {

using test::made_image;

TEST(RandomResizedBox, KeepsAreaAndAspectWithinTheirRanges) {
  Random random(1);
  double area = 0, logarithm = 0, tops = 0;
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) {
    const Box box = random_resized_box(1000, 1000, random);
    ASSERT_GE(box.top, 0);
    ASSERT_GE(box.left, 0);
    ASSERT_LE(box.top + box.height, 1000);
    ASSERT_LE(box.left + box.width, 1000);
    const double share = static_cast<double>(box.height * box.width) / 1e6;
    const double aspect = static_cast<double>(box.width) / static_cast<double>(box.height);
    EXPECT_GT(share, 0.079);
    EXPECT_LE(share, 1.0);
    EXPECT_GT(aspect, 0.745);
    EXPECT_LT(aspect, 1.342);
    area += share < 0.54 ? 1 : 0;
    logarithm += std::log(aspect);
    tops += box.height < 990 ? static_cast<double>(box.top) / static_cast<double>(1000 - box.height)
                             : 0.5;
  }
  // Areas above 3/4 do not fit with every aspect and are drawn again, so small ones are more.
  EXPECT_GT(area / kDraws, 0.5);
  EXPECT_LT(area / kDraws, 0.6);
  EXPECT_NEAR(logarithm / kDraws, 0, 0.01);
  EXPECT_NEAR(tops / kDraws, 0.5, 0.02);
}

TEST(RandomResizedBox, FallsBackToTheMiddleOfNarrowImages) {
  Random random(1);
  // No box of 8 % of 10 x 4000 pixels is at most 10 high with an aspect below 4/3.
  EXPECT_EQ(random_resized_box(10, 4000, random), (Box{0, 1993, 10, 13}));
  EXPECT_EQ(random_resized_box(4000, 12, random), (Box{1992, 0, 16, 12}));
}

TEST(CentralBox, RoundsHalvesToEven) {
  EXPECT_EQ(central_box(256, 341, 224), (Box{16, 58, 224, 224}));  // 58.5
  EXPECT_EQ(central_box(227, 256, 224), (Box{2, 16, 224, 224}));   // 1.5
  EXPECT_THROW(central_box(223, 256, 224), std::invalid_argument);
}

TEST(MiddleOfResized, IsThatOfTheWholeInProportionRoundedDown) {
  const at::Tensor wide = made_image(10, 15, 0, 256), high = made_image(15, 10, 0, 256);
  EXPECT_TRUE(at::equal(middle_of_resized(wide, 7, 4),
                        crop(resize_bilinear(wide, 7, 10), central_box(7, 10, 4))));
  EXPECT_TRUE(at::equal(middle_of_resized(high, 7, 4),
                        crop(resize_bilinear(high, 10, 7), central_box(10, 7, 4))));
  EXPECT_TRUE(at::equal(middle_of_resized(wide, 30, 21),
                        crop(resize_bilinear(wide, 30, 45), central_box(30, 45, 21))));
}

TEST(Crop, RefusesBoxesOutside) {
  const at::Tensor image = made_image(10, 10, 0, 256);
  EXPECT_TRUE(at::equal(crop(image, {1, 2, 3, 4}), image.slice(0, 1, 4).slice(1, 2, 6)));
  EXPECT_THROW(crop(image, {8, 0, 3, 3}), std::invalid_argument);
  EXPECT_THROW(crop(image, {0, -1, 3, 3}), std::invalid_argument);
}

TEST(RandomFlip, MirrorsHalfOfTheTime) {
  Random random(3);
  const at::Tensor image = made_image(4, 6, 0, 256);
  int mirrored = 0;
  for (int i = 0; i < 400; ++i) {
    const at::Tensor flipped = random_flip(image, random);
    const bool same = at::equal(flipped, image);
    EXPECT_TRUE(same || at::equal(flipped, image.flip(1)));
    mirrored += same ? 0 : 1;
  }
  EXPECT_NEAR(mirrored, 200, 50);
}

TEST(RandomPaddedCrop, ReachesEveryPlaceWithBlackAround) {
  Random random(5);
  const at::Tensor image = at::full({6, 6, 3}, 9, at::kByte);
  std::set<std::pair<std::int64_t, std::int64_t>> places;
  for (int i = 0; i < 2000; ++i) {
    const at::Tensor part = random_padded_crop(image, 4, random);
    ASSERT_EQ(part.sizes(), image.sizes());
    const at::Tensor lit = part.select(2, 0).nonzero();
    const auto corner = lit.amin(0), opposite = lit.amax(0);
    const auto top = corner[0].item<std::int64_t>(), left = corner[1].item<std::int64_t>();
    places.insert({top > 0 ? -top : 5 - opposite[0].item<std::int64_t>(),
                   left > 0 ? -left : 5 - opposite[1].item<std::int64_t>()});
  }
  EXPECT_EQ(places.size(), 81u);
}

TEST(Normalise, PutsChannelsFirst) {
  const at::Tensor image = at::tensor({255, 0, 51}, at::kByte).view({1, 1, 3}).expand({2, 4, 3});
  const at::Tensor inputs = normalise(image.contiguous(), {{0.5, 0.25, 0.2}, {0.5, 0.5, 0.1}});
  EXPECT_EQ(inputs.sizes(), at::IntArrayRef({3, 2, 4}));
  EXPECT_TRUE(inputs.is_contiguous());
  EXPECT_NEAR(inputs[0][1][3].item<double>(), 1, 1e-6);
  EXPECT_NEAR(inputs[1][0][0].item<double>(), -0.5, 1e-6);
  EXPECT_NEAR(inputs[2][1][1].item<double>(), 0, 1e-6);
}

// --- RandAugment and mixup
// ---------------------------------------------------------------------------

TEST(RandAugment, IsAFunctionOfTheSeed) {
  const at::Tensor image = made_image(224, 224, 20, 200);
  const auto of = [&](std::uint64_t seed) {
    Random random(seed);
    return rand_augment(image, random);
  };
  EXPECT_TRUE(at::equal(of(1), of(1)));
  std::set<double> sums;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    sums.insert(of(seed).to(at::kDouble).mul(at::arange(3, at::kDouble) + 1).sum().item<double>());
  }
  EXPECT_GT(sums.size(), 30u);
}

TEST(RandAugment, GeometryGoesEitherWay) {
  const at::Tensor image = made_image(224, 224, 20, 200);
  for (const auto augmentation :
       {Augmentation::shear_x, Augmentation::shear_y, Augmentation::translate_x,
        Augmentation::translate_y, Augmentation::rotate}) {
    std::vector<at::Tensor> kinds;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      Random random(seed);
      const at::Tensor result = augment(image, augmentation, random);
      const auto known = [&](const at::Tensor& one) { return at::equal(one, result); };
      if (std::none_of(kinds.begin(), kinds.end(), known)) kinds.push_back(result);
    }
    EXPECT_EQ(kinds.size(), 2u) << static_cast<int>(augmentation);
  }
}

TEST(RandAugment, CutoutIsAGreySquareOf81Pixels) {
  const at::Tensor image = at::zeros({224, 224, 3}, at::kByte);
  Random random(2);
  std::int64_t largest = 0;
  for (int i = 0; i < 200; ++i) {
    const at::Tensor result = augment(image, Augmentation::cutout, random);
    const at::Tensor grey = result.select(2, 0).eq(128);
    const std::int64_t height = grey.any(1).sum().item<std::int64_t>();
    const std::int64_t width = grey.any(0).sum().item<std::int64_t>();
    EXPECT_EQ(result.to(at::kLong).sum().item<std::int64_t>(), height * width * 3 * 128);
    EXPECT_GE(std::min(height, width), 40);
    largest = std::max({largest, height, width});
  }
  EXPECT_EQ(largest, 81);
}

TEST(Mixup, WeightsHaveTheMomentsOfBeta) {
  Random random(4);
  std::array<double, 5> moments{};
  constexpr int kDraws = 20000;
  for (int i = 0; i < kDraws; ++i) {
    const double weight = mixup_weight(random);
    ASSERT_GE(weight, 0);
    ASSERT_LE(weight, 1);
    for (std::size_t k = 1; k < moments.size(); ++k) moments[k] += std::pow(weight, k) / kDraws;
  }
  double expected = 1;
  for (std::size_t k = 1; k < moments.size(); ++k) {
    expected *= (0.2 + static_cast<double>(k - 1)) / (0.4 + static_cast<double>(k - 1));
    EXPECT_NEAR(moments[k], expected, 0.012) << k;  // 4 standard errors
  }
  EXPECT_THROW(mixup_weight(random, 0), std::invalid_argument);
  EXPECT_THROW(mixup_weight(random, 1.5), std::invalid_argument);
}

TEST(Mixup, BlendsWithTheExampleBefore) {
  const Batch batch({{"inputs", at::tensor({1.F, 10.F, 100.F}).view({3, 1})},
                     {"targets", at::tensor({2, 0, 1}, at::kLong)},
                     {"weights", at::ones({3})}});
  const Batch mixed = mix(batch, 3, 0.75);
  EXPECT_TRUE(at::allclose(mixed.inputs().flatten(), at::tensor({25.75F, 7.75F, 77.5F})));
  EXPECT_TRUE(at::allclose(
      mixed.targets(),
      at::tensor({0.F, 0.25F, 0.75F, 0.75F, 0.F, 0.25F, 0.25F, 0.75F, 0.F}).view({3, 3})));
  EXPECT_TRUE(at::equal(mixed.weights(), batch.weights()));
}

// --- whole pipelines
// ----------------------------------------------------------------------------------

at::Tensor back_to_pixels(const at::Tensor& inputs, const ChannelStatistics& statistics) {
  const auto column = [](const std::array<double, 3>& v) {
    return at::tensor({v[0], v[1], v[2]}, at::kDouble).view({3, 1, 1});
  };
  return (inputs * column(statistics.std) + column(statistics.mean)) * 255;
}

TEST(ImageNet, TrainingInputIsAFunctionOfTheSeed) {
  const at::Tensor image = made_image(300, 400, 0, 256);
  for (const bool augmented : {false, true}) {
    const at::Tensor a = imagenet_training_input(image, 1, augmented);
    EXPECT_EQ(a.sizes(), at::IntArrayRef({3, 224, 224}));
    EXPECT_TRUE(at::equal(a, imagenet_training_input(image, 1, augmented)));
    EXPECT_FALSE(at::equal(a, imagenet_training_input(image, 2, augmented)));
  }
  EXPECT_FALSE(
      at::equal(imagenet_training_input(image, 1, false), imagenet_training_input(image, 1, true)));
}

TEST(ImageNet, EvaluationInputIsTheMiddleOfTheResizedImage) {
  const at::Tensor image = made_image(300, 400, 0, 256);
  const at::Tensor pixels =
      back_to_pixels(imagenet_evaluation_input(image), kImageNetStatistics).permute({1, 2, 0});
  // 256 x 341, then from (16, 58).
  const at::Tensor resized = resize_bilinear(image, 256, 341);
  const at::Tensor expected = resized.slice(0, 16, 240).slice(1, 58, 282);
  EXPECT_LE((pixels - expected).abs().max().item<double>(), 1e-3);
}

TEST(ImageNet, TestInputGoesThroughTensorFlowsResize) {
  const at::Tensor image = made_image(333, 401, 0, 256);
  const at::Tensor pixels =
      back_to_pixels(imagenet_v2_input(image), kImageNetStatistics).permute({1, 2, 0});
  // int(333 * 0.875) = 291, from ((333 - 291 + 1) / 2, (401 - 291 + 1) / 2) = (21, 55).
  const at::Tensor square = image.slice(0, 21, 312).slice(1, 55, 346).contiguous();
  EXPECT_LE((pixels - resize_bicubic_tensorflow(square, 224, 224)).abs().max().item<double>(),
            1e-3);
  EXPECT_GT(pixels.max().item<double>(), 255.5);  // overshoot stays
}

TEST(Cifar, TrainingInputIsAFunctionOfTheSeedAndEvaluationThePixels) {
  const at::Tensor image = made_image(32, 32, 0, 256);
  EXPECT_TRUE(at::equal(cifar_training_input(image, 7), cifar_training_input(image, 7)));
  EXPECT_FALSE(at::equal(cifar_training_input(image, 7), cifar_training_input(image, 8)));
  const at::Tensor pixels =
      back_to_pixels(cifar_evaluation_input(image), kCifar10Statistics).permute({1, 2, 0});
  EXPECT_LE((pixels - image).abs().max().item<double>(), 1e-3);
}

}  // namespace
}  // namespace timetrial::data
