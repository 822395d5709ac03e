#include "workloads/data/rand_augment.h"

#include "workloads/data/image_color.h"
#include "workloads/data/image_geometry.h"

#include <algorithm>
#include <stdexcept>

namespace timetrial::data {
namespace {

// AlgoPerf's strengths (randaugment.py, ops_space).
constexpr double kShear = 0.3, kDegrees = 30, kEnhancement = 1.9;
constexpr std::int64_t kShift = 100, kCutoutSide = 80;
constexpr int kPosterizeBits = 4, kSolarizeThreshold = 256, kSolarizeAddition = 110;
constexpr int kOperations = 2;

/// AlgoPerf calls numpy's uniform(size), which is uniform between `size` and 1, not 0; then keeps a
/// square of 80 pixels, both corners drawn, within the image.
at::Tensor cut_out_somewhere(const at::Tensor& image, Random& random) {
  const auto corner = [&](std::int64_t size) {
    const auto end = static_cast<double>(size);
    const double centre = end + (1 - end) * random.uniform();
    return static_cast<std::int64_t>(std::max(0.0, centre - kCutoutSide / 2.0));
  };
  const std::int64_t left = corner(image.size(1)), top = corner(image.size(0));
  return cutout(image, left, top, left + kCutoutSide, top + kCutoutSide);
}

}  // namespace

at::Tensor augment(const at::Tensor& image, Augmentation augmentation, Random& random) {
  const auto sign = [&] { return random.below(2) == 0 ? 1 : -1; };
  switch (augmentation) {
    case Augmentation::shear_x:
      return shear(image, kShear * sign(), 0);
    case Augmentation::shear_y:
      return shear(image, 0, kShear * sign());
    case Augmentation::translate_x:
      return translate(image, kShift * sign(), 0);
    case Augmentation::translate_y:
      return translate(image, 0, kShift * sign());
    case Augmentation::rotate:
      return rotate(image, kDegrees * sign());
    case Augmentation::brightness:
      return brightness(image, kEnhancement);
    case Augmentation::color:
      return color(image, kEnhancement);
    case Augmentation::contrast:
      return contrast(image, kEnhancement);
    case Augmentation::sharpness:
      return sharpness(image, kEnhancement);
    case Augmentation::posterize:
      return posterize(image, kPosterizeBits);
    case Augmentation::solarize:
      return solarize(image, kSolarizeThreshold);
    case Augmentation::solarize_add:
      return solarize_add(image, kSolarizeAddition);
    case Augmentation::auto_contrast:
      return auto_contrast(image);
    case Augmentation::equalize:
      return equalize(image);
    case Augmentation::invert:
      return invert(image);
    case Augmentation::cutout:
      return cut_out_somewhere(image, random);
  }
  throw std::logic_error("unknown augmentation");
}

at::Tensor rand_augment(const at::Tensor& image, Random& random) {
  at::Tensor result = image;
  for (int i = 0; i < kOperations; ++i) {
    const auto drawn = static_cast<Augmentation>(random.below(kAugmentations));
    result = augment(result, drawn, random);
  }
  return result;
}

}  // namespace timetrial::data
