#pragma once
// From a decoded image to a model's input, the whole way of each of AlgoPerf's image workloads
// (commit 2c90454fc05d). Images are uint8 [H, W, 3], contiguous, on the CPU; results float32 [3, h,
// w], normalised. Random ones are a function of image and seed alone.

#include "workloads/data/image_crop.h"
#include "workloads/data/image_decoding.h"

#include <cstdint>

namespace timetrial::data {

inline constexpr ChannelStatistics kImageNetStatistics = {{0.485, 0.456, 0.406},
                                                          {0.229, 0.224, 0.225}};
inline constexpr ChannelStatistics kCifar10Statistics = {{0.49139968, 0.48215827, 0.44653124},
                                                         {0.24703233, 0.24348505, 0.26158768}};

/// imagenet_resnet, and with RandAugment imagenet_vit (whose mixup comes after, batch by batch): a
/// random resized crop of 224 x 224, perhaps mirrored.
at::Tensor imagenet_training_input(const at::Tensor& image, std::uint64_t seed, bool augmented);
/// The same of an image that is not decoded yet, of which it decodes no more than the crop needs.
at::Tensor imagenet_training_input(const EncodedImage& image, std::uint64_t seed, bool augmented);
/// Validation, and the training subset: short side 256, central 224 x 224.
at::Tensor imagenet_evaluation_input(const at::Tensor& image);
/// ImageNet-v2, the test split, which AlgoPerf sends through TensorFlow: a central square of 7/8 of
/// the short side, bicubic to 224 x 224, neither antialiased nor clipped.
at::Tensor imagenet_v2_input(const at::Tensor& image);

/// Four black pixels around, a random 32 x 32 of it, perhaps mirrored. Images are 32 x 32.
at::Tensor cifar_training_input(const at::Tensor& image, std::uint64_t seed);
at::Tensor cifar_evaluation_input(const at::Tensor& image);

}  // namespace timetrial::data
