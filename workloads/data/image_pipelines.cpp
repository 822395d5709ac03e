#include "workloads/data/image_pipelines.h"

#include "workloads/data/image_resize.h"
#include "workloads/data/rand_augment.h"

#include <algorithm>

namespace timetrial::data {
namespace {

constexpr std::int64_t kSide = 224, kShortSide = 256;
constexpr std::int64_t kCifarPadding = 4;

/// What comes after the crop.
at::Tensor imagenet_training_input_of(const at::Tensor& part, Random& random, bool augmented) {
  at::Tensor result = random_flip(resize_bilinear(part, kSide, kSide), random);
  if (augmented) result = rand_augment(result, random);
  return normalise(result, kImageNetStatistics);
}

}  // namespace

at::Tensor imagenet_training_input(const at::Tensor& image, std::uint64_t seed, bool augmented) {
  expect_image(image, "imagenet_training_input");
  Random random(seed);
  const Box box = random_resized_box(image.size(0), image.size(1), random);
  return imagenet_training_input_of(crop(image, box), random, augmented);
}

at::Tensor imagenet_training_input(const EncodedImage& image, std::uint64_t seed, bool augmented) {
  Random random(seed);
  const Box box = random_resized_box(image.height(), image.width(), random);
  return imagenet_training_input_of(image.decode(box), random, augmented);
}

at::Tensor imagenet_evaluation_input(const at::Tensor& image) {
  return normalise(middle_of_resized(image, kShortSide, kSide), kImageNetStatistics);
}

at::Tensor imagenet_v2_input(const at::Tensor& image) {
  expect_image(image, "imagenet_v2_input");
  const std::int64_t height = image.size(0), width = image.size(1);
  // In float32 as in TensorFlow; 7/8 is exact, so this rounds down.
  const std::int64_t side = std::min(height, width) * kSide / kShortSide;
  const at::Tensor square =
      crop(image, {(height - side + 1) / 2, (width - side + 1) / 2, side, side});
  at::Tensor inputs =
      resize_bicubic_tensorflow(square, kSide, kSide).permute({2, 0, 1}).contiguous();
  for (std::int64_t c = 0; c < 3; ++c) {
    const auto channel = static_cast<std::size_t>(c);
    inputs.select(0, c)
        .sub_(255 * kImageNetStatistics.mean[channel])
        .div_(255 * kImageNetStatistics.std[channel]);
  }
  return inputs;
}

at::Tensor cifar_training_input(const at::Tensor& image, std::uint64_t seed) {
  Random random(seed);
  const at::Tensor part = random_padded_crop(image, kCifarPadding, random);
  return normalise(random_flip(part, random), kCifar10Statistics);
}

at::Tensor cifar_evaluation_input(const at::Tensor& image) {
  return normalise(image, kCifar10Statistics);
}

}  // namespace timetrial::data
