// Two images on one canvas, on images that tell where their pixels went.
#include "workloads/multi_fashion_mnist/pairs.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

namespace timetrial::multi_fashion_mnist {
namespace {

constexpr std::int64_t kImage = 28;

/// Image i is i + 1 everywhere; its label is i % 10.
small_images::Examples shades(std::int64_t count) {
  const at::Tensor shade = at::arange(1, count + 1).to(at::kByte);
  return {shade.view({count, 1, 1}).expand({count, kImage, kImage}).contiguous(),
          at::arange(count).remainder(10).to(at::kByte)};
}

TEST(Pairs, HaveBothImagesAndTheLargerPixelWhereTheyMeet) {
  constexpr std::int64_t kCount = 200;
  const auto examples = shades(kCount);
  const auto [images, labels] = pair_up(examples, 7);
  ASSERT_EQ(images.sizes(), (std::vector<std::int64_t>{kCount, kSide, kSide}));
  ASSERT_EQ(labels.sizes(), (std::vector<std::int64_t>{kCount, 2}));
  std::set<std::int64_t> tops, lows;
  for (std::int64_t i = 0; i < kCount; ++i) {
    const at::Tensor canvas = images[i];
    const auto first = i + 1;
    // Two shades, and black: the pair's own and its partner's.
    std::set<std::int64_t> seen;
    const at::Tensor flat = canvas.flatten().contiguous();
    for (std::int64_t p = 0; p < flat.numel(); ++p)
      seen.insert(flat.const_data_ptr<std::uint8_t>()[p]);
    seen.erase(0);
    ASSERT_EQ(seen.size(), 2U) << i;
    ASSERT_TRUE(seen.erase(first));
    const auto second = *seen.begin();
    EXPECT_EQ(labels[i][0].item<std::int64_t>(), (first - 1) % 10);
    EXPECT_EQ(labels[i][1].item<std::int64_t>(), (second - 1) % 10);
    const auto side_of = [&](std::int64_t shade, bool last) {
      const at::Tensor rows = canvas.eq(shade).any(1).nonzero();
      return (last ? rows.max() : rows.min()).item<std::int64_t>();
    };
    // The lighter one is whole; its corner says where it was put.
    const std::int64_t top = side_of(std::max(first, second), false);
    EXPECT_EQ(side_of(std::max(first, second), true), top + kImage - 1);
    (first > second ? tops : lows).insert(top);
  }
  EXPECT_EQ(tops, (std::set<std::int64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(lows, (std::set<std::int64_t>{4, 5, 6, 7, 8}));
}

TEST(Pairs, AreAFunctionOfTheSeed) {
  const auto examples = shades(50);
  const auto first = pair_up(examples, 1), again = pair_up(examples, 1),
             other = pair_up(examples, 2);
  EXPECT_TRUE(first.images.equal(again.images));
  EXPECT_TRUE(first.labels.equal(again.labels));
  EXPECT_FALSE(first.images.equal(other.images));
}

TEST(Pairs, NeverPairAnImageWithItself) {
  const auto [images, labels] = pair_up(shades(2), 3);
  EXPECT_TRUE(labels.equal(at::tensor({0, 1, 1, 0}, at::kByte).view({2, 2})));
}

}  // namespace
}  // namespace timetrial::multi_fashion_mnist
