#pragma once
// Images made worse in ways that training never showed, in five severities.
//
// Source  Hendrycks and Dietterich 2019, "Benchmarking Neural Network Robustness to Common
//         Corruptions and Perturbations" (arXiv 1903.12261): five of its kinds, at the strengths
//         that its authors use for images of 32 x 32 pixels. Brightness is added to every channel,
//         not to the value of HSV, and pixels are averaged in whole blocks.
//
// Images are float32 [N, C, H, W] in [0, 1], as are the results. Equal seeds give equal bits.

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

namespace timetrial::metrics {

enum class Corruption { noise, blur, contrast, brightness, pixelation };
inline constexpr std::array kCorruptions = {Corruption::noise, Corruption::blur,
                                            Corruption::contrast, Corruption::brightness,
                                            Corruption::pixelation};
inline constexpr int kSeverities = 5;
const char* to_string(Corruption kind);

/// `severity` from 1 to 5: std::invalid_argument otherwise, and for images of another shape. Noise
/// of an image depends on its place in `images` and the seed alone.
at::Tensor corrupted(const at::Tensor& images, Corruption kind, int severity, std::uint64_t seed);

}  // namespace timetrial::metrics
