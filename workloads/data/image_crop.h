#pragma once
// Which part of an image is used, and how pixels become a model's input.
//
// Images   uint8 [H, W, 3], contiguous, on the CPU; inputs float32 [3, H, W]
// Random   draws come from the generator that is passed in, in the order of the text
// Source   torchvision's transforms RandomResizedCrop, Resize, CenterCrop, RandomCrop, as
// AlgoPerf's
//          imagenet_resnet and cifar (commit 2c90454fc05d) use them

#include <ATen/core/Tensor.h>
#include <timetrial/random.h>

#include <array>
#include <cstdint>

namespace timetrial::data {

struct Box {
  std::int64_t top = 0, left = 0, height = 0, width = 0;
  bool operator==(const Box&) const = default;
};

/// The pixels of a box, which must lie within the image (std::invalid_argument).
at::Tensor crop(const at::Tensor& image, const Box& box);

/// A box of 8 % to 100 % of the area and an aspect (width / height) from 3/4 to 4/3, uniform in
/// area and in the aspect's logarithm; the largest central box of an allowed aspect when ten draws
/// do not fit.
Box random_resized_box(std::int64_t height, std::int64_t width, Random& random);

/// The square of this side in the middle, half a pixel rounded to even. Throws
/// std::invalid_argument for a side larger than the image.
Box central_box(std::int64_t height, std::int64_t width, std::int64_t side);

/// The middle of an image that is resized, bilinearly, to a short side of this many pixels, the
/// long one in proportion, rounded down.
at::Tensor middle_of_resized(const at::Tensor& image, std::int64_t short_side, std::int64_t side);

/// Black pixels all around, then a random part of the image's own size.
at::Tensor random_padded_crop(const at::Tensor& image, std::int64_t padding, Random& random);

/// Left for right with probability 1/2.
at::Tensor random_flip(const at::Tensor& image, Random& random);

struct ChannelStatistics {
  std::array<double, 3> mean, std;  ///< of pixels in [0, 1]
};

/// (pixel / 255 - mean) / std, channels first.
at::Tensor normalise(const at::Tensor& image, const ChannelStatistics& statistics);

}  // namespace timetrial::data
