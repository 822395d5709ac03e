#pragma once
// Resizing of images the way two libraries do it, whose results differ visibly: Pillow widens its
// kernel when it shrinks an image (antialiasing), TensorFlow's bicubic does not.
//
// Images   uint8 [H, W, 3], contiguous, on the CPU
// Sources  Pillow 13, src/libImaging/Resample.c; TensorFlow 2.19, resize_bicubic_op.cc with
//          half-pixel centres

#include "workloads/data/image_crop.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace timetrial::data {

/// Throws std::invalid_argument naming `who` unless the tensor is an image as above.
void expect_image(const at::Tensor& image, const char* who);

/// Pillow's Image.resize(…, BILINEAR), equal to the last bit: a triangle as wide as the step
/// between source pixels, first along rows, then along columns, each rounded to 8 bits. uint8 [h,
/// w, 3].
at::Tensor resize_bilinear(const at::Tensor& image, std::int64_t height, std::int64_t width);
/// A part of that, which must lie within height x width, for less work: uint8 [part.height,
/// part.width, 3].
at::Tensor resize_bilinear(const at::Tensor& image, std::int64_t height, std::int64_t width,
                           const Box& part);

/// TensorFlow's tf.image.resize(…, "bicubic", antialias=False): Keys' cubic (a = -1/2) from a table
/// of 1,024 steps; weights outside the image count 0 and the rest add up to 1. Neither clipped nor
/// rounded: float32 [h, w, 3] in units of the input.
at::Tensor resize_bicubic_tensorflow(const at::Tensor& image, std::int64_t height,
                                     std::int64_t width);

}  // namespace timetrial::data
