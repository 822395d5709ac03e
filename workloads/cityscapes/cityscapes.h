#pragma once
// cityscapes_two_task: what is in each pixel of a street, and how near is it? One encoder, a head
// for each question.
//
// Input    inputs float32 [B, 3, 128, 256], as the prepared data have them; targets float32 [B, 2,
//          128, 256]: a class from 0 to 6, or below 0 for none, and inverse depth, 0 for none;
//          weights float32 [B]
// Output   logits float32 [B, 8, 128, 256]: seven of classes, then inverse depth; representation
//          [B, 2048, 16, 32]
// Model    ResNet-50 whose last two stages are dilated in the place of their strides
//          (workloads/resnet); for each task a head of DeepLabv3: convolutions side by side of 1 x
//          1, and of 3 x 3 with dilation 12, 24 and 36, and the mean of the image, joined by 1 x 1,
//          dropout 0.5, a 3 x 3 and a 1 x 1; stretched to the image's size, corners on corners
// State    running mean and variance of each batch norm
// Loss     of "segmentation" softmax cross-entropy in nats, of "depth" the absolute error, means
// over
//          an image's pixels that have a target; the mean of both
// Metrics  loss, lower is better: the mean of both. segmentation: mean_iou, pixel_accuracy; depth:
//          absolute_error, relative_error, all over a split's pixels (workloads/multitask/dense.h)
// Data     scenes.h; its user brings it: docs/data/cityscapes.md
// Source   the task: Liu, Johns and Davison 2019 (arXiv 1803.10704); the model: Chen et al. 2017
// (arXiv
//          1706.05587) as LibMTL has it for Cityscapes; batch 64, the split's sizes and what is
//          tuned: Xin et al. 2022 (arXiv 2209.11379)

#include "workloads/resnet/resnet.h"

#include <array>

namespace timetrial::cityscapes {

inline constexpr std::int64_t kHeight = 128, kWidth = 256, kClasses = 7;

struct Config {
  resnet::Config encoder;                            ///< its classes mean nothing
  std::int64_t head_width = 256;                     ///< channels within a head
  std::array<std::int64_t, 3> rates = {12, 24, 36};  ///< dilations of a head's 3 x 3 convolutions
  double dropout = 0.5;                              ///< in each head
};

/// The published sizes.
Config full_config();

/// Throws ConfigError naming the field, its value and what is allowed.
std::unique_ptr<workloads::Workload> make(const Config& config);

}  // namespace timetrial::cityscapes
