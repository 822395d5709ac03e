#pragma once
// Operations on each pixel's colour, equal to Pillow's (13) to the last bit: ImageEnhance and
// ImageOps. All map uint8 [H, W, 3], contiguous and on the CPU, to another image of the same size.
//
// A factor moves an image away from its degenerate: 0 is the degenerate, 1 the image itself, more
// exaggerates; results are cut to [0, 255] and rounded down.

#include <ATen/core/Tensor.h>

namespace timetrial::data {

at::Tensor brightness(const at::Tensor& image, double factor);  ///< degenerate: black
at::Tensor color(const at::Tensor& image, double factor);       ///< degenerate: its greys
at::Tensor contrast(const at::Tensor& image, double factor);    ///< degenerate: its mean grey
/// Degenerate: smoothed over 3 x 3 pixels, the centre five times as heavy; the border stays.
at::Tensor sharpness(const at::Tensor& image, double factor);

at::Tensor posterize(const at::Tensor& image, int bits);  ///< keeps the highest bits of each value
/// Inverts values from `threshold` on; 256 leaves an image as it is.
at::Tensor solarize(const at::Tensor& image, int threshold);
/// Adds to values below 128, at most to 255 (AlgoPerf's own).
at::Tensor solarize_add(const at::Tensor& image, int addition);
at::Tensor invert(const at::Tensor& image);
/// Stretches each channel from its smallest and largest value to 0 and 255.
at::Tensor auto_contrast(const at::Tensor& image);
/// Flattens each channel's histogram.
at::Tensor equalize(const at::Tensor& image);

}  // namespace timetrial::data
