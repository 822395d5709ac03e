#pragma once
// Moving an image's pixels about, equal to Pillow's nearest-neighbour transforms (13) to the last
// bit, called as torchvision calls them. What lies outside becomes grey (128). All map uint8 [H, W,
// 3], contiguous and on the CPU, to another image of the same size.

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace timetrial::data {

/// About the top left corner; the amounts are tangents.
at::Tensor shear(const at::Tensor& image, double along_x, double along_y);
/// Right and down, in pixels.
at::Tensor translate(const at::Tensor& image, std::int64_t right, std::int64_t down);
/// About the middle, anticlockwise.
at::Tensor rotate(const at::Tensor& image, double degrees);
/// A grey rectangle with these corners, both included; what lies outside the image is left out.
at::Tensor cutout(const at::Tensor& image, std::int64_t left, std::int64_t top, std::int64_t right,
                  std::int64_t bottom);

}  // namespace timetrial::data
