#pragma once
// Two images in one: one in the upper left corner of a canvas, another in the lower right, over
// each other where they meet.
//
// Canvas   36 x 36 for images of 28 x 28; each is shifted by up to 4 pixels a direction from its
//          corner, and a pixel is the larger one of both
// Pairs    example i has image i in the upper left, and another one, by chance, in the lower right
// Source   MultiMNIST: Sabour, Frosst and Hinton 2017 (arXiv 1710.09829), which shifts each digit
//          by up to 4 pixels within 36 x 36; one in each corner, any two classes: Sener and Koltun
//          2018 (arXiv 1810.04650)

#include "workloads/small_images/small_images.h"

#include <ATen/core/Tensor.h>

namespace timetrial::multi_fashion_mnist {

inline constexpr std::int64_t kSide = 36, kLargestShift = 4;

/// Images uint8 [n, 36, 36], labels uint8 [n, 2]: of the upper left one and of the lower right one.
struct Pairs {
  at::Tensor images, labels;
};

/// As many as there are images, of which there must be two; a function of images and seed.
Pairs pair_up(const small_images::Examples& examples, std::uint64_t seed);

}  // namespace timetrial::multi_fashion_mnist
