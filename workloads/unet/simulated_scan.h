#pragma once
// What a scanner with one coil would have measured of an image: a stand-in where only magnitudes
// are published.
//
// The image gets a smooth phase (without one, half of k-space would tell the other half), a Fourier
// transform, and noise in every measurement, as real k-space has all three.

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace timetrial::unet {

/// Deviation of the real and of the imaginary part of the noise, for images up to 1.
inline constexpr double kScanNoise = 0.01;

/// image float32 [H, W], values from 0 to 1. Returns k-space complex64 [H, W], centred and
/// orthonormal, as process() (fastmri_slice.h) takes it. The phase is a polynomial of second degree
/// over the image with coefficients uniform in (-pi, pi). A function of (image, seed).
at::Tensor simulate_scan(const at::Tensor& image, std::uint64_t seed);

/// The magnitudes that all measurements make, float32 [H, W].
at::Tensor image_of_all(const at::Tensor& kspace);

}  // namespace timetrial::unet
